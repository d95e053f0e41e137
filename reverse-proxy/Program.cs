using ReverseProxy;
using ServiceDefaults;

return await ServiceHost.RunAsync(() => Proxy.Build(args));
