using System.CommandLine;
using ReverseProxy;
using ServiceDefaults;

if (args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"))
    return await ServiceHost.RunAsync(() => Proxy.Build(args));
return await new RootCommand("The only public entry. Without a command it runs as a service.") { ConfigCommand.New(() => Proxy.Build([])) }.Parse(args).InvokeAsync();
