using DataManagementApp;

return await Commands.RunAsync(args);
