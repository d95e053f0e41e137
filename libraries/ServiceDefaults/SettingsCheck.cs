using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ServiceDefaults;

/// <summary>Settings that are missing, malformed, out of their bounds, or unsafe where they were found.</summary>
/// <param name="problems">Each with its next step; no value is among them.</param>
/// <param name="warnings">What is allowed, and perhaps not meant.</param>
public sealed class SettingsException(IReadOnlyList<string> problems, IReadOnlyList<string> warnings) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems => problems;

    public IReadOnlyList<string> Warnings => warnings;
}

/// <summary>Reads the sections of settings that a service has, and keeps what is wrong with them, so that all of it is told at once. No value is ever told: it may be a secret.</summary>
public sealed class SettingsCheck
{
    /// <summary>Sections of the whole product that no options of ours describe: of Serilog, of the migrator.</summary>
    static readonly string[] Foreign = ["Serilog", "RolePasswords", "Original"];

    readonly List<string> _problems = [], _warnings = [];
    readonly Dictionary<string, List<Type>> _sections = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>That of the service being wired.</summary>
    public static SettingsCheck Of(WebApplicationBuilder builder)
    {
        if (builder.Services.FirstOrDefault(service => service.ServiceType == typeof(SettingsCheck))?.ImplementationInstance is SettingsCheck there)
            return there;
        var check = new SettingsCheck();
        builder.Services.AddSingleton(check);
        return check;
    }

    public IReadOnlyList<string> Problems => _problems;

    public IReadOnlyList<string> Warnings => _warnings;

    public void Refuse(string problem)
    {
        if (!_problems.Contains(problem))
            _problems.Add(problem);
    }

    public void Warn(string warning) => _warnings.Add(warning);

    /// <summary>As <c>config check</c> prints it.</summary>
    /// <param name="program">Whose settings they are.</param>
    /// <returns>Exit code: 1 when something is refused.</returns>
    public int Print(TextWriter output, string program) => Print(output, _problems, _warnings, $"the settings of {program} are in order");

    internal static int Print(TextWriter output, IReadOnlyCollection<string> problems, IReadOnlyCollection<string> warnings, string inOrder)
    {
        foreach (var problem in problems)
            output.WriteLine($"error    {problem}");
        foreach (var warning in warnings)
            output.WriteLine($"warning  {warning}");
        if (problems.Count == 0)
            output.WriteLine($"ok       {inOrder}");
        return problems.Count == 0 ? 0 : 1;
    }

    /// <summary>A section as options; what is wrong with it is kept, and such a setting has its default.</summary>
    public T Read<T>(IConfiguration configuration, string section) where T : class, new()
    {
        if (!_sections.TryGetValue(section, out var types))
            _sections[section] = types = [];
        types.Add(typeof(T));

        var all = configuration.GetSection(section);
        var malformed = RefuseMalformed(all, typeof(T));
        var sound = new ConfigurationBuilder().AddInMemoryCollection(all.AsEnumerable(makePathsRelative: true)
            .Where(setting => !malformed.Contains($"{section}:{setting.Key}", StringComparer.OrdinalIgnoreCase))).Build();
        var options = new T();
        sound.Bind(options);
        foreach (var problem in Violations(options, section, malformed))
            Refuse(problem);
        return options;
    }

    /// <summary>Refuses what is not of a type.</summary>
    /// <returns>Where.</returns>
    internal IReadOnlyList<string> RefuseMalformed(IConfigurationSection section, Type type)
    {
        var malformed = Malformed(section, type).ToList();
        foreach (var (path, expected) in malformed)
            Refuse($"{Name(path)} must be {expected}.");
        return [.. malformed.Select(wrong => wrong.Path)];
    }

    /// <summary>Notes settings that nothing reads.</summary>
    internal void LookForUnknown(IConfiguration configuration)
    {
        foreach (var section in configuration.GetChildren())
            if (_sections.TryGetValue(section.Key, out var types))
                foreach (var (path, known) in Unknown(section, types))
                    Warn($"{Name(path)} is no setting{Meant(path[(path.LastIndexOf(':') + 1)..], known, path[..(path.LastIndexOf(':') + 1)])}.");
            else if (!Foreign.Contains(section.Key, StringComparer.OrdinalIgnoreCase) && section.GetChildren().Any() && Nearest(section.Key, _sections.Keys) is { } near)
                Warn($"{section.Key}__… are no settings; {near}__… was perhaps meant.");
    }

    static IEnumerable<(string Path, string Expected)> Malformed(IConfigurationSection section, Type type)
    {
        if (Expected(type) is { } expected)
            return section.Value is { } value && !IsRight(section, value, type) ? [(section.Path, expected)] : [];
        if (Element(type) is { } element)
            return section.GetChildren().SelectMany(child => Malformed(child, element));
        return Settable(type).SelectMany(property => Malformed(section.GetSection(property.Name), property.PropertyType));
    }

    /// <returns>What a value of a simple type looks like; null: the type is made of others, or any text will do.</returns>
    static string? Expected(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "text",
        var t when t == typeof(TimeSpan) => "a duration like 01:30:00, or 2.00:00:00 for two days",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(Uri) => "an address that begins with http:// or https://",
        var t when t == typeof(int) || t == typeof(long) => "a whole number",
        { IsEnum: true } t => $"one of {string.Join(", ", Enum.GetNames(t))}",
        { IsPrimitive: true } or { IsValueType: true } => "a number",
        _ => null,
    };

    static bool IsRight(IConfigurationSection section, string value, Type type)
    {
        if (type == typeof(Uri))
            return value.Length == 0 || Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0;
        if (type == typeof(string))
            return true;
        try
        {
            return section.Get(type) is not null;
        }
        catch (Exception problem) when (problem is InvalidOperationException or FormatException) // its message quotes the value
        {
            return false;
        }
    }

    static Type? Element(Type type) => type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : type.IsArray ? type.GetElementType() : null;

    static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0);

    /// <param name="told">Paths of which something is told already.</param>
    static IEnumerable<string> Violations(object options, string section, IEnumerable<string> told)
    {
        var (context, results) = (new ValidationContext(options), new List<ValidationResult>());
        if (!Validator.TryValidateObject(options, context, results, validateAllProperties: true) && options is IValidatableObject own)
            results.AddRange(own.Validate(context)); // what belongs together is not looked at while single values are wrong
        return results.Where(result => !result.MemberNames.Any(name => told.Contains($"{section}:{name}", StringComparer.OrdinalIgnoreCase)))
            .Select(result => Named(result, section)).Distinct();
    }

    /// <summary>The framework's own sentences name the property; people know the setting.</summary>
    static string Named(ValidationResult result, string section)
    {
        var (text, member) = (result.ErrorMessage ?? "", result.MemberNames.FirstOrDefault() ?? "");
        return member.Length == 0 || text.Contains("__", StringComparison.Ordinal) ? text
            : text.Replace($"The field {member} ", $"{section}__{member} ", StringComparison.Ordinal).Replace($"The {member} field is required.", $"Set {section}__{member}: it has no default.", StringComparison.Ordinal);
    }

    static IEnumerable<(string Path, IReadOnlyList<string> Known)> Unknown(IConfigurationSection section, IReadOnlyList<Type> types)
    {
        var properties = types.SelectMany(Settable).ToList();
        foreach (var child in section.GetChildren())
        {
            var same = properties.Where(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)).ToList();
            if (same.Count == 0)
                yield return (child.Path, [.. properties.Select(property => property.Name)]);
            else if (same.Select(property => property.PropertyType).Where(type => Expected(type) is null && Element(type) is null).ToList() is { Count: > 0 } nested)
                foreach (var unknown in Unknown(child, nested))
                    yield return unknown;
        }
    }

    static string Meant(string name, IEnumerable<string> known, string prefix) => Nearest(name, known) is { } near ? $"; {Name(prefix)}{near} was perhaps meant" : "";

    static string? Nearest(string name, IEnumerable<string> known) =>
        known.Select(one => (Name: one, Distance: Distance(one.ToLowerInvariant(), name.ToLowerInvariant()))).Where(one => one.Distance <= 2 && one.Distance * 2 <= name.Length).OrderBy(one => one.Distance).FirstOrDefault().Name;

    /// <summary>Letters to add, leave out or change.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            (var corner, row[0]) = (row[0], i);
            for (var j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    /// <summary>As it is set in the environment.</summary>
    static string Name(string path) => path.Replace(":", "__", StringComparison.Ordinal);
}
