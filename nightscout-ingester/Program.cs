using NightscoutIngester;

return await Commands.RunAsync(args);
