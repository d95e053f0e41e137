using System.ComponentModel.DataAnnotations;
using ServiceDefaults;

namespace DataManagementApp.Alerts;

/// <summary>Configuration section <c>Alerts</c>: who hears of what goes wrong, and after how long.</summary>
public sealed record AlertOptions : IValidatableObject
{
    public const string Administrators = "administrators", Nobody = "none";

    /// <summary>Who gets them by mail: <c>administrators</c> (of the portal), <c>none</c>, or addresses with commas between. Default: administrators.</summary>
    public string Mail { get; init; } = Administrators;

    /// <summary>Token of a Slack bot with the right <c>chat:write</c>, a member of the channel. Default: none.</summary>
    [Secret]
    public string SlackToken { get; init; } = "";

    /// <summary>Channel the bot writes to: its name or id. Needed with the token.</summary>
    public string SlackChannel { get; init; } = "";

    /// <summary>Address of an incoming webhook, instead of a bot; whoever has it can write there. Default: none.</summary>
    [Secret]
    public Uri? SlackWebhook { get; init; }

    /// <summary>Where the bot is taken to. Default: <c>https://slack.com/api</c>.</summary>
    [Required]
    public Uri SlackApi { get; init; } = new("https://slack.com/api");

    /// <summary>How often is looked for what is wrong. Default: one minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong for less is not told: a service that starts anew is not ready either. Default: 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan After { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What lasts is told again after this. Default: 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "31.00:00:00")]
    public TimeSpan Again { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What was not found for so long is over. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Over { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Participants that fail for less are not told: most failures pass. Default: 6 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "31.00:00:00")]
    public TimeSpan Failing { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Who is due, or waits, for longer is told: participants, exports, mails. Default: 3 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "31.00:00:00")]
    public TimeSpan Waiting { get; init; } = TimeSpan.FromHours(3);

    public bool HasSlack => SlackToken.Length > 0 || SlackWebhook is not null;

    /// <summary>Addresses; empty: nobody, or the administrators.</summary>
    public IReadOnlyList<string> Addresses =>
        Mail is Administrators or Nobody or "" ? [] : [.. Mail.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Addresses.Any(address => Typed.Email(address) is null))
            yield return new($"Alerts__Mail must be {Administrators}, {Nobody}, or e-mail addresses with commas between.", [nameof(Mail)]);
        if (SlackToken.Length > 0 && SlackChannel.Length == 0)
            yield return new("Set Alerts__SlackChannel as well: where the bot of Alerts__SlackToken writes.", [nameof(SlackChannel)]);
        if (SlackToken.Length > 0 && SlackWebhook is not null)
            yield return new("Set Alerts__SlackToken or Alerts__SlackWebhook, not both.", [nameof(SlackWebhook)]);
    }
}
