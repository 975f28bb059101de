using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.LoadBalancer.Forwarding;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>Checks an address before it is registered. Replaced by tests of what follows a registration.</summary>
internal delegate Task<ApiVerification> VerifyApi(ApiAddress address, CancellationToken ct);

internal enum ApiVerification
{
    /// <summary>An Api of this server answers there.</summary>
    Verified,

    /// <summary>The address is outside of <c>API_NETWORKS</c>.</summary>
    NotAllowed,

    /// <summary>No Api answers there.</summary>
    NotVerified,
}

/// <summary>Asks an address for <c>GET /api/v1/</c>, over a connection that is limited to <c>API_NETWORKS</c>.</summary>
internal sealed class ApiVerifier : IDisposable
{
    private const string AppName = "chatserver";

    // Longer than the time limit of a connection, shorter than that of a heartbeat.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http;

    public ApiVerifier(ApiNetworks networks, Downstream downstream)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        downstream.Configure(handler, networks.ConnectAsync);
        _http = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = 64 * 1024 };
    }

    /// <summary>Checks the address.</summary>
    public async Task<ApiVerification> VerifyAsync(ApiAddress address, CancellationToken ct)
    {
        try
        {
            var answer = await _http.GetFromJsonAsync<JsonElement>($"http://{address}/api/v1/", ct);
            return answer.TryGetProperty("data", out var data) && data.TryGetProperty("app", out var app) && app.ValueEquals(AppName)
                ? ApiVerification.Verified
                : ApiVerification.NotVerified;
        }
        catch (HttpRequestException e) when (e.InnerException is ApiNotAllowedException)
        {
            return ApiVerification.NotAllowed;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return ApiVerification.NotVerified;
        }
    }

    public void Dispose() => _http.Dispose();
}
