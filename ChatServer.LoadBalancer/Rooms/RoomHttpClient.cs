using System.Diagnostics;
using System.Net;
using ChatServer.LoadBalancer.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>The HTTP client for rooms: plain requests, and the handshakes of relays.</summary>
internal sealed class RoomHttpClient : IDisposable
{
    /// <summary>
    /// Time for a room to answer. A host that accepts and is silent is paused: its kernel still accepts connections.
    /// </summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    public RoomHttpClient(Downstream downstream, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            // The span of the room is a child of our span. The default would keep the traceparent of the client.
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        };
        downstream.Configure(handler);
        Http = new HttpMessageInvoker(new AnswerDeadline(time, handler));
    }

    /// <summary>Fails with an <see cref="HttpRequestException"/> or <see cref="TimeoutException"/> if there is no answer.</summary>
    public HttpMessageInvoker Http { get; }

    public void Dispose() => Http.Dispose();

    /// <summary>Limits the time for the head of the answer, and not for the body or the WebSocket that follows.</summary>
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
                var address = request.RequestUri!.GetLeftPart(UriPartial.Path); // the query contains the session
                throw new TimeoutException($"{address} did not answer within {AnswerTimeout.TotalSeconds} s.");
            }
        }
    }
}
