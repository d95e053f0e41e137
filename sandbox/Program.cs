using System.CommandLine;
using Sandbox;
using Sandbox.Demo;

var root = new RootCommand("Stand-ins of Open Humans and of Nightscout sites, with invented people; and the demo.") { ServeCommand.New(), MailsCommand.New(), DemoCommand.New() };
return await root.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) }); // the demo stops its services in order
