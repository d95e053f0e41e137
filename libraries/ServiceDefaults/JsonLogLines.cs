using System.Reflection;
using Npgsql;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace ServiceDefaults;

/// <summary>One JSON object a line: t (UTC), l (level), m (message), the event's properties, x (exception).</summary>
/// <remarks>
/// Of a foreign exception only its type and stack are written: messages of HTTP, socket and database exceptions carry host names, addresses
/// and values, and logs are read by people who must not see them. Our own exceptions never hold such things.
/// </remarks>
public sealed class JsonLogLines : ITextFormatter
{
    static readonly JsonValueFormatter Values = new(typeTagName: null);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write("{\"t\":\"");
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        output.Write("\",\"l\":\"");
        output.Write(logEvent.Level);
        output.Write("\",\"m\":");
        JsonValueFormatter.WriteQuotedJsonString(logEvent.RenderMessage(), output);
        if (logEvent.TraceId is { } trace)
        {
            output.Write(",\"trace\":\"");
            output.Write(trace.ToHexString());
            output.Write('"');
        }
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name is "RequestPath" or "ConnectionId" or "RequestId" or "ActionId" or "ActionName" or "EventId") // a path may hold a one-time token
                continue;
            output.Write(',');
            JsonValueFormatter.WriteQuotedJsonString(name, output);
            output.Write(':');
            Values.Format(value, output);
        }
        if (logEvent.Exception is { } exception)
        {
            output.Write(",\"x\":");
            JsonValueFormatter.WriteQuotedJsonString(Describe(exception), output);
        }
        output.WriteLine('}');
    }

    /// <summary>The exception's chain without anything that came from outside.</summary>
    public static string Describe(Exception exception)
    {
        var text = new System.Text.StringBuilder();
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (text.Length > 0)
                text.Append("\n caused by ");
            text.Append(e.GetType().FullName);
            if (e is PostgresException { SqlState: var state } postgres)
                text.Append(": ").Append(state).Append(' ').Append(postgres.SchemaName).Append('.').Append(postgres.TableName).Append(' ').Append(postgres.ConstraintName);
            else if (IsOurs(e))
                text.Append(": ").Append(e.Message);
        }
        return text.Append('\n').Append(exception.StackTrace).ToString();
    }

    static bool IsOurs(Exception exception) =>
        exception.GetType().Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(attribute => attribute.Key == "SchemaBuild");
}
