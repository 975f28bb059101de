using ChatServer.LoadBalancer;
using ChatServer.ServiceDefaults;

return await Startup.Run(() => LoadBalancerApp.Build(WebApplication.CreateBuilder(args.ReadingSettingsOnce())).RunAsync());
