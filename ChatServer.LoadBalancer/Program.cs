using ChatServer.LoadBalancer;
using ChatServer.Web;

return await Startup.Run(() => LoadBalancerApp.Build(WebApplication.CreateBuilder(args.ReadingSettingsOnce())).RunAsync());
