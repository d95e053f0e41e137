using OpenHumansEtl;

return await Commands.RunAsync(args);
