using ChatServer.LoadBalancer.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>Creates YARP's client for Apis: its connections are limited to <c>API_NETWORKS</c>.</summary>
internal sealed class ApiHttpClients(ApiNetworks networks, Downstream downstream) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        downstream.Configure(handler, networks.ConnectAsync);
    }
}
