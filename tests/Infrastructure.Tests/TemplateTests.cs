using YamlDotNet.RepresentationModel;
using static Infrastructure.Tests.Template;

namespace Infrastructure.Tests;

/// <summary>The CloudFormation templates: whole, and safe.</summary>
public sealed class TemplateTests
{
    static readonly Template Database = Of("2-database"), Configuration = Of("3-configuration"), Server = Of("4-server");

    [Test]
    public void Everything_that_a_template_names_is_there_and_everything_that_is_there_is_used()
    {
        Assert.Multiple(() =>
        {
            foreach (var template in All)
            {
                var used = template.Used();
                var here = template.Part("Parameters").Keys.Concat(template.Part("Resources").Keys).ToHashSet();
                Assert.That(used.Where(name => !name.StartsWith("AWS::", StringComparison.Ordinal) && !name.StartsWith("condition ", StringComparison.Ordinal)).Except(here), Is.Empty, $"{template.Name} names what is not there");
                Assert.That(template.Part("Parameters").Keys.Except(used), Is.Empty, $"{template.Name} has parameters that nothing uses");
                Assert.That(used.Where(name => name.StartsWith("condition ", StringComparison.Ordinal)), Is.EquivalentTo(template.Names("Conditions").Select(name => $"condition {name}")), $"conditions of {template.Name}");
            }
        });
    }

    [Test]
    public void Every_parameter_says_what_it_is_for()
    {
        foreach (var template in All)
            foreach (var (name, parameter) in template.Part("Parameters"))
                Assert.That(Text(parameter["Description"]), Does.EndWith("."), $"{template.Name}: {name}");
    }

    [Test]
    public void What_a_template_imports_an_earlier_one_exports()
    {
        Assert.That(All.SelectMany(template => template.Imports()), Is.Not.Empty);
        foreach (var template in All)
            foreach (var (parameter, export) in template.Imports())
            {
                var stack = template.TextAt("Parameters", parameter, "Default")["openaps-".Length..];
                var from = All.TakeWhile(earlier => earlier != template).SingleOrDefault(earlier => earlier.Name.EndsWith(stack, StringComparison.Ordinal));
                Assert.That(from, Is.Not.Null, $"{template.Name} comes before {stack}");
                Assert.That(Text(from!.Part("Outputs")[export]["Export"]["Name"]), Is.EqualTo($"${{AWS::StackName}}-{export}"));
            }
    }

    [Test]
    public void The_database_is_private_encrypted_backed_up_and_not_deleted_by_mistake()
    {
        var cluster = Database["Resources", "Cluster"];
        var properties = cluster["Properties"];
        Assert.That(Text(cluster["DeletionPolicy"]), Is.EqualTo("Snapshot"));
        Assert.That(Text(cluster["UpdateReplacePolicy"]), Is.EqualTo("Snapshot"));
        Assert.That(Text(properties["DeletionProtection"]), Is.EqualTo("true"));
        Assert.That(Texts(properties["StorageEncrypted"]).Last(), Is.EqualTo("true"), "a new one; a restored one takes it from where it comes from");
        Assert.That(Text(properties["ManageMasterUserPassword"]), Is.EqualTo("true"));
        Assert.That(int.Parse(Database.TextAt("Parameters", "BackupDays", "MinValue")), Is.GreaterThanOrEqualTo(14));
        Assert.That(Database.TextAt("Resources", "Parameters", "Properties", "Parameters", "rds.force_ssl"), Is.EqualTo("1"));
        foreach (var instance in Database.ResourcesOf("AWS::RDS::DBInstance"))
            Assert.That(Text(instance["Properties"]["PubliclyAccessible"]), Is.EqualTo("false"));
        Assert.That(Database.TextAt("Resources", "Access", "Properties", "SecurityGroupIngress", "0", "SourceSecurityGroupId"), Is.EqualTo("Clients"), "no addresses: who is in the group");
        Assert.That(((YamlSequenceNode)Database["Resources", "Access", "Properties", "SecurityGroupIngress"]).Children, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_bucket_is_closed_encrypted_versioned_and_stays()
    {
        var bucket = Configuration["Resources", "Bucket"];
        Assert.That(Text(bucket["DeletionPolicy"]), Is.EqualTo("Retain"));
        Assert.That(Text(bucket["Properties"]["VersioningConfiguration"]["Status"]), Is.EqualTo("Enabled"));
        Assert.That(((YamlMappingNode)bucket["Properties"]["PublicAccessBlockConfiguration"]).Children.Values.Select(Text), Is.EqualTo(new[] { "true", "true", "true", "true" }));
        Assert.That(Text(bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"]), Is.EqualTo("aws:kms"));
        Assert.That(Configuration.TextAt("Resources", "Policy", "Properties", "PolicyDocument", "Statement", "0", "Condition", "Bool", "aws:SecureTransport"), Is.EqualTo("false"));
    }

    [Test]
    public void Only_80_and_443_are_open()
    {
        var open = ((YamlSequenceNode)Server["Resources", "Visitors", "Properties", "SecurityGroupIngress"]).Select(rule => (Text(rule["FromPort"]), Text(rule["ToPort"])));
        Assert.That(open, Is.EqualTo(new[] { ("80", "80"), ("443", "443") }));
        Assert.That(All.SelectMany(template => template.ResourcesOf("AWS::EC2::SecurityGroup")).Count(), Is.EqualTo(3), "a new group belongs into these tests");
    }

    [Test]
    public void The_server_may_do_named_things_to_named_resources()
    {
        foreach (var statement in (YamlSequenceNode)Server["Resources", "Role", "Properties", "Policies", "0", "PolicyDocument", "Statement"])
        {
            Assert.That(Texts(statement["Action"]), Has.None.Contains("*"), Text(statement["Sid"]));
            Assert.That(statement["Resource"].ToString(), Is.Not.EqualTo("*").And.Not.Contains("arn:*"), Text(statement["Sid"]));
        }
        var make = Statement("MakeSecretsOnceNeverOverwriteThem");
        Assert.That((Text(make["Action"]), Text(make["Condition"]["Null"]["s3:if-none-match"])), Is.EqualTo(("s3:PutObject", "false")), "only with the condition that there is none yet");
        Assert.That(Texts(Server["Resources", "Role", "Properties", "ManagedPolicyArns"]).Single(), Does.EndWith("/AmazonSSMManagedInstanceCore"));
    }

    [Test]
    public void Disks_are_encrypted_and_the_volume_of_data_outlives_its_stack()
    {
        var volume = Server["Resources", "Data"];
        Assert.That((Text(volume["DeletionPolicy"]), Text(volume["UpdateReplacePolicy"]), Text(volume["Properties"]["Encrypted"])), Is.EqualTo(("Snapshot", "Snapshot", "true")));
        Assert.That(Text(Server["Resources", "Template", "Properties", "LaunchTemplateData", "BlockDeviceMappings"][0]["Ebs"]["Encrypted"]), Is.EqualTo("true"));
    }

    [Test]
    public void Credentials_of_the_server_need_a_token_and_are_out_of_reach_of_containers()
    {
        var options = Server["Resources", "Template", "Properties", "LaunchTemplateData", "MetadataOptions"];
        Assert.That((Text(options["HttpTokens"]), Text(options["HttpPutResponseHopLimit"])), Is.EqualTo(("required", "1")));
    }

    [Test]
    public void Every_size_of_server_that_can_be_chosen_has_4_GB_or_more()
    {
        foreach (var size in Texts(Server["Parameters", "InstanceType", "AllowedValues"]))
            Assert.That(size, Does.Match(@"^(t3a?\.(medium|large|xlarge)|m7[ia]\.(large|xlarge))$"));
    }

    [Test]
    public void An_update_waits_for_the_server_to_say_how_it_went_and_the_volume_is_free_before()
    {
        var server = Server["Resources", "Server"];
        Assert.That(Text(server["CreationPolicy"]["ResourceSignal"]["Count"]), Is.EqualTo("1"));
        var update = server["UpdatePolicy"]["AutoScalingRollingUpdate"];
        Assert.That((Text(update["WaitOnResourceSignals"]), Text(update["MinInstancesInService"])), Is.EqualTo(("true", "0")));
        Assert.That(ServerStart.UserData("v1"), Does.Contain("--logical-resource-id Server "));
        Assert.That(ServerStart.UserData("v1"), Has.Length.LessThan(16_384), "EC2 takes no more");
    }

    static YamlNode Statement(string sid) =>
        ((YamlSequenceNode)Server["Resources", "Role", "Properties", "Policies", "0", "PolicyDocument", "Statement"]).Single(statement => Text(statement["Sid"]) == sid);
}
