using System.Diagnostics;
using System.Net;
using ChatServer.LoadBalancer.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer;

/// <summary>The HTTP client for rooms: many thousands of connections, most of which become WebSockets.</summary>
internal sealed class RoomConnections : IDisposable
{
    /// <summary>
    /// How long a room may take to answer a handshake or a GET. One that accepts and is silent is paused or stuck: its
    /// kernel still takes connections.
    /// </summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    public RoomConnections(TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            // The handshake at the room is below our span. The default would leave a client's own traceparent in its place.
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        };
        Downstream.Configure(handler);
        Http = new HttpMessageInvoker(new AnswerDeadline(time, handler));
    }

    /// <summary>Fails with an <see cref="HttpRequestException"/> or <see cref="TimeoutException"/> when nobody answers.</summary>
    public HttpMessageInvoker Http { get; }

    public void Dispose() => Http.Dispose();

    /// <summary>Bounds the wait for the head of the answer, and nothing after it: the WebSocket that follows may last for days.</summary>
    private sealed class AnswerDeadline(TimeProvider time, HttpMessageHandler next) : DelegatingHandler(next)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var deadline = new CancellationTokenSource(AnswerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            try
            {
                return await base.SendAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{request.RequestUri} did not answer within {AnswerTimeout.TotalSeconds} s.");
            }
        }
    }
}
