using RegistrationSite;
using ServiceDefaults;

return await ServiceHost.RunAsync(() => Registration.Build(args));
