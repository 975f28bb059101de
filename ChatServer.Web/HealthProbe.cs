using System.Net;
using ChatServer.Settings;

namespace ChatServer.Web;

/// <summary>
/// Checks the health of the service that runs with the same environment: <c>dotnet ChatServer.Api.dll health</c>. For container engines:
/// the images contain no other program that could send a request.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The argument.</summary>
    public const string Command = "health";

    /// <summary>Longer than a check may take, shorter than an engine waits.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Sends a request to <c>/health</c>, and writes the answer. Returns the exit code: 0 if the service is ready, otherwise 1.
    /// </summary>
    /// <param name="port">The setting that contains the port; 0 cannot be checked.</param>
    /// <param name="variables">Returns the value of a setting, or null.</param>
    /// <param name="output">Receives the answer.</param>
    /// <exception cref="StartupException">A setting is invalid, or the port is 0.</exception>
    public static async Task<int> RunAsync(Setting<int> port, Func<string, string?> variables, TextWriter output)
    {
        if (port.Read(variables) is not (> 0 and var number))
            throw new StartupException($"{port.Name} is 0, which is any free port; its health cannot be checked.");
        var bind = ServerSettings.Bind.Read(variables);
        var address = bind.Equals(IPAddress.Any) ? IPAddress.Loopback : bind.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : bind;
        using var http = new HttpClient { Timeout = RequestTimeout };
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{new IPEndPoint(address, number)}/health"));
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            await output.WriteLineAsync(error.Message);
            return 1;
        }
    }
}
