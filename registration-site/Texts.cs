using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Resources;
using Microsoft.AspNetCore.Html;

namespace RegistrationSite;

/// <summary>The words of a page: a resource file beside it (<c>Pages/Connect.resx</c>); another language is one more file (<c>Pages/Connect.de.resx</c>).</summary>
/// <remarks>The language is that of <see cref="CultureInfo.CurrentUICulture"/>; what is not translated stays English. Numbers and dates are written the same in all.</remarks>
public sealed class Texts
{
    static readonly ConcurrentDictionary<string, Texts> Known = [];

    /// <summary>Ends the name of a text that a parent or guardian reads instead of the one without it.</summary>
    public const string Child = ".Child";

    readonly string _name;
    readonly ResourceManager _resources;
    readonly bool _ofChild;

    /// <param name="assembly">That holds them.</param>
    public Texts(string name, Assembly assembly) => (_name, _resources) = (name, new($"RegistrationSite.{name}", assembly));

    Texts(Texts texts, bool ofChild) => (_name, _resources, _ofChild) = (texts._name, texts._resources, ofChild);

    /// <param name="name">The file's path without its ending, with points: <c>Pages.Connect</c>.</param>
    public static Texts Of(string name) => Known.GetOrAdd(name, name => new(name, typeof(Texts).Assembly));

    public IEnumerable<string> Keys => _resources.GetResourceSet(CultureInfo.InvariantCulture, createIfNotExists: true, tryParents: false)!.Cast<DictionaryEntry>().Select(text => (string)text.Key);

    /// <summary>The same as a parent or guardian reads it, or as the person with diabetes does.</summary>
    public Texts For(bool isGuardian) => isGuardian == _ofChild ? this : new(this, isGuardian);

    public bool Has(string key) => _resources.GetString(key) is not null;

    /// <exception cref="MissingManifestResourceException">There is no such text.</exception>
    public string this[string key] => (_ofChild ? _resources.GetString(key + Child) : null) ?? _resources.GetString(key) ?? throw new MissingManifestResourceException($"{_name}.resx has no {key}");

    /// <summary>With values in the places {0}, {1}, … of the text.</summary>
    public string this[string key, params object?[] values] => string.Format(CultureInfo.CurrentCulture, this[key], values);

    /// <summary>A text with markup in it. Values are encoded, unless they are markup themselves.</summary>
    public IHtmlContent Html(string key, params object?[] values) => new HtmlFormattableString(this[key], values);
}
