using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChatServer.Settings;

namespace ChatServer.Tests.Support;

/// <summary>
/// A service as an operator runs it: in its own process, with settings from the environment only, in Production by default.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    // Settings of the machine that runs the tests must not reach the process.
    private static readonly string[] SettingNames =
    [
        .. ServerSettings.All.Select(setting => setting.Name).Distinct(), "DOTNET_ENVIRONMENT", "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_BSP_SCHEDULE_DELAY",
    ];

    /// <summary>Time limit for the first response: the process compiles its code, at the same time as many others.</summary>
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private ServiceProcess(ServerProcess process, HttpClient http) => (Process, Http) = (process, http);

    public ServerProcess Process { get; }

    /// <summary>The output so far, without the line that reports the start.</summary>
    public string Log => string.Concat(
        Process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains(" started as ", StringComparison.Ordinal)).Select(line => $"{line}\n"));

    /// <summary>Sends no key, and follows no redirect.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts <paramref name="project"/> without waiting for anything.</summary>
    public static ServerProcess Launch(string project, params (string Name, string? Value)[] settings) =>
        Launch("exec dotnet \"$0\"", project, settings);

    /// <summary>Starts <paramref name="project"/> on a port of its own, and waits until it answers.</summary>
    public static Task<ServiceProcess> StartAsync(string project, string portVariable, params (string Name, string? Value)[] settings) =>
        StartAsync("exec dotnet \"$0\"", project, portVariable, settings);

    /// <summary>As the other overload; the process has at most <paramref name="descriptors"/> file descriptors.</summary>
    public static Task<ServiceProcess> StartAsync(
        int descriptors, string project, string portVariable, params (string Name, string? Value)[] settings) =>
        StartAsync($"ulimit -n {descriptors}; exec dotnet \"$0\"", project, portVariable, settings);

    private static ServerProcess Launch(string command, string project, (string Name, string? Value)[] settings)
    {
        var environment = SettingNames.ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in settings) environment[name] = value;
        return ServerProcess.Start("/bin/sh", ["-c", command, Path.Combine(AppContext.BaseDirectory, $"{project}.dll")], environment);
    }

    private static async Task<ServiceProcess> StartAsync(
        string command, string project, string portVariable, (string Name, string? Value)[] settings)
    {
        const int MaxAttempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort.Next();
            var process = Launch(command, project, [("BIND", "127.0.0.1"), (portVariable, $"{port}"), .. settings]);
            var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
            http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
            var service = new ServiceProcess(process, http);
            var watch = Stopwatch.StartNew();
            // Another process that took the port would answer too: this one must have reported its start, which a test may have switched off.
            await Eventually.Async(
                async () => process.HasExited || ((await http.GetAsync("/alive")).StatusCode == HttpStatusCode.OK
                    && (watch.Elapsed > ReportTimeout || process.Output.Contains(" started as ", StringComparison.Ordinal))),
                up => up, StartTimeout);
            if (!process.HasExited)
                return service;
            if (attempt == MaxAttempts || !process.Output.Contains("in use", StringComparison.Ordinal))
                Assert.Fail(process.Output);
            await service.DisposeAsync();
        }
    }

    /// <summary>One call; <paramref name="key"/> null sends none.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key = null, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null) request.Headers.Add("X-API-Key", key);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The <c>data</c> of a successful answer.</summary>
    public async Task<JsonElement> GetDataAsync(string path, string? key = null)
    {
        using var response = await SendAsync(HttpMethod.Get, path, key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("data");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }
}
