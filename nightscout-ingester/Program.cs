using NightscoutIngester;
using ServiceDefaults;

return await ServiceHost.RunAsync(() => Ingester.Build(args));
