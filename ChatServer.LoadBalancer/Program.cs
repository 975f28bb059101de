using ChatServer.LoadBalancer;
using ChatServer.Web;

return await ServiceRunner.RunAsync(() =>
    LoadBalancerApp.Build(WebApplication.CreateBuilder(args.WithoutConfigurationReload())).RunAsync());
