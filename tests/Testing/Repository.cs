using System.Runtime.CompilerServices;

namespace Testing;

/// <summary>Files of the checkout the tests were built from.</summary>
public static class Repository
{
    public static string PathOf(string relative) => Path.Combine(Root(), relative);

    static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
