using RegistrationSite;

return await Commands.RunAsync(args);
