using System.CommandLine;
using Sandbox;
using Sandbox.Demo;

var root = new RootCommand("Stand-ins of Open Humans and of Nightscout sites, with invented people, of a mail server and of Metabase; and the demo.") { ServeCommand.New(), MailsCommand.New(), MetabaseCommand.New(), DemoCommand.New() };
return await root.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) }); // the demo stops its services in order
