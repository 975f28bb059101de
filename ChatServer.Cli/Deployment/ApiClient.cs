using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Cli.Deployment;

/// <summary>Calls to an Api or an Admin.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Address of the service, or of a load balancer before it.</param>
    /// <param name="key">Key of the service.</param>
    /// <param name="parallel">Maximum number of concurrent calls, each on its own connection.</param>
    public ApiClient(Uri address, string key, int parallel = 4)
    {
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = parallel })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        _http.DefaultRequestHeaders.Add(RequestHeaders.ApiKey, key);
    }

    /// <summary>Creates a room.</summary>
    public Task<RoomCreated> CreateAsync(string room, RoomOptions options, CancellationToken ct) =>
        SendAsync<RoomCreated>(HttpMethod.Post, $"api/v1/room/{room}", options, ct);

    /// <summary>Describes a room.</summary>
    public Task<RoomDescription> DescribeAsync(string room, CancellationToken ct) =>
        SendAsync<RoomDescription>(HttpMethod.Get, $"api/v1/room/{room}", null, ct);

    /// <summary>Describes a room with the names of its members (Admin).</summary>
    public Task<AdminRoomDescription> DescribeMembersAsync(string room, CancellationToken ct) =>
        SendAsync<AdminRoomDescription>(HttpMethod.Get, $"api/v1/room/{room}", null, ct);

    /// <summary>
    /// Shuts down a room (Admin). Retries for a while if the service is unavailable, because the run has loaded it.
    /// </summary>
    public async Task DeleteAsync(string room, CancellationToken ct)
    {
        for (var triesLeft = 10; ; triesLeft--)
        {
            try
            {
                await SendAsync<RoomShutdown>(HttpMethod.Delete, $"api/v1/room/{room}/shutdown", null, ct);
                return;
            }
            catch (CliException) when (triesLeft > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
            }
        }
    }

    /// <summary>Posts a message; it is in the log when this returns.</summary>
    public Task<Logged> PostAsync(string room, SayRequest message, CancellationToken ct) =>
        SendAsync<Logged>(HttpMethod.Post, $"api/v1/room/{room}/message", message, ct);

    /// <summary>A page of a room's log: events before <paramref name="before"/>, or the newest.</summary>
    public Task<HistoryPage> HistoryAsync(string room, long? before, CancellationToken ct) => SendAsync<HistoryPage>(
        HttpMethod.Get, $"api/v1/room/{room}/messages?limit={Limits.MaxPage}{(before is null ? "" : $"&before={before}")}", null, ct);

    /// <summary>The load of the hosts (Admin).</summary>
    public Task<LoadReport> LoadAsync(CancellationToken ct) => SendAsync<LoadReport>(HttpMethod.Get, "api/v1/load", null, ct);

    /// <summary>Drains a host: its rooms begin to move (Admin).</summary>
    public Task DrainAsync(string host, CancellationToken ct) =>
        SendAsync<HostOrder>(HttpMethod.Post, $"api/v1/host/{host}/drain", null, ct);

    /// <summary>Ends the draining of a host (Admin).</summary>
    public Task ResumeAsync(string host, CancellationToken ct) =>
        SendAsync<HostOrder>(HttpMethod.Post, $"api/v1/host/{host}/resume", null, ct);

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken ct) where T : notnull
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = JsonContent.Create(body, body.GetType(), options: ContractJson.Options);
            using var response = await _http.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
                throw new CliException(
                    $"{method} {request.RequestUri} answered {(int)response.StatusCode}: {await ReadErrorAsync(response, ct)}");
            return (await response.Content.ReadFromJsonAsync<Data<T>>(ContractJson.Options, ct))!.Value;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new CliException($"{method} {_http.BaseAddress}{path}: {e.Message}");
        }
    }

    // The detail of problem details.
    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return "the key is wrong or missing.";
        var text = await response.Content.ReadAsStringAsync(ct);
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("detail").GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return text;
        }
    }
}
