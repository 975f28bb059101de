using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>HTTP requests of the checks.</summary>
internal static class Probe
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>The status and body of a GET; null without an answer.</summary>
    public static async Task<(HttpStatusCode Status, string Body)?> GetAsync(Uri url, string? key, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (key is not null)
                request.Headers.Add(RequestHeaders.ApiKey, key);
            using var response = await Http.SendAsync(request, ct);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The data of a GET.</summary>
    /// <exception cref="CliException">There is no answer, or it is not a success.</exception>
    public static async Task<T> GetDataAsync<T>(Uri url, string? key, CancellationToken ct) where T : notnull =>
        await GetAsync(url, key, ct) is not { } answer ? throw new CliException($"{url} does not answer.")
        : answer.Status != HttpStatusCode.OK ? throw new CliException($"{url} answers {(int)answer.Status}.")
        : JsonSerializer.Deserialize<Data<T>>(answer.Body, ContractJson.Options)!.Value;
}
