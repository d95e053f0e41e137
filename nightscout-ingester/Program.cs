using NightscoutIngester;
using ServiceDefaults;

if (args is ["scrubbing"])
{
    ScrubbingDocument.Write(Console.Out);
    return 0;
}
return await ServiceHost.RunAsync(() => Ingester.Build(args));
