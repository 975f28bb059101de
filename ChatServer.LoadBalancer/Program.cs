using ChatServer.LoadBalancer;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(args, ServerSettings.LoadBalancerPort, () =>
    LoadBalancerApp.Build(WebApplication.CreateBuilder(args.WithoutConfigurationReload())).RunLoadBalancerAsync());
