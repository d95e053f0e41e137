namespace Browser.Tests;

/// <summary>The first page where the operator has given a name, a contact and links.</summary>
public sealed class WelcomeWithOperatorTests : BrowserTests
{
    protected override IEnumerable<string> Settings =>
    [
        "--Registration:Operator=The Foundation for Open Diabetes Data", "--Registration:Contact=questions@example.org",
        "--Registration:ActivityUrl=https://www.openhumans.org/activity/nightscout-data-transfer/", "--Registration:SourceUrl=https://example.org/source",
    ];

    [Test]
    public async Task Welcome() => await LookAsync(await OpenAsync("/"), "welcome-operator");
}
