using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChatServer.Settings;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>A service in Production, where only the operator's log is visible, with a Redis that it cannot use.</summary>
public sealed class RedisFailureTests
{
    [Fact]
    public async Task Redis_that_refuses_connections_is_logged_once_and_again_when_it_is_back()
    {
        await using var redis = RedisServer.Preferred();
        await using var admin = await StartAsync(redis.ConnectionString);
        await LogsAsync(admin, "Redis cannot be used: Connection refused");
        for (var call = 0; call < 5; call++)
        {
            using var refused = await admin.SendAsync(HttpMethod.Get, "/api/v1/rooms", "key");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        await redis.StartAsync();
        await Eventually.Async(
            () => admin.SendAsync(HttpMethod.Get, "/api/v1/rooms", "key"), answer => answer.StatusCode == HttpStatusCode.OK);

        await LogsAsync(admin, "Redis can be used again.");
        Assert.Equal(2, admin.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Wrong_password_is_logged_without_the_password()
    {
        var port = FreePort.Next();
        await using var redis = EmbeddedRedis.Launch(port, password: "right-secret");
        await Eventually.Async(() => redis.Output, output => output.Contains($":{port}", StringComparison.Ordinal));
        await using var admin = await StartAsync($"127.0.0.1:{port},password=wrong-secret");
        await LogsAsync(admin, "password");
        Assert.DoesNotContain("wrong-secret", admin.Process.Output, StringComparison.Ordinal);
        Assert.Contains("Redis refuses the password or the user.", await HealthAsync(admin), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Untrusted_certificate_is_logged()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = ServeTlsAsync(listener, certificate, stop.Token);

        // The Redis library reports its first error only. On a busy machine that can be a handshake that took too long.
        string log, health;
        do
        {
            await using var admin = await StartAsync($"localhost:{((IPEndPoint)listener.LocalEndpoint).Port},ssl=true");
            await LogsAsync(admin, "Redis cannot be used");
            (log, health) = (admin.Process.Output, await HealthAsync(admin));
        }
        while (log.Contains("does not answer in time", StringComparison.Ordinal));
        Assert.Contains("certificate", log, StringComparison.Ordinal);
        Assert.Contains("The certificate of Redis is not trusted.", health, StringComparison.Ordinal);

        await stop.CancelAsync();
        await serving;
    }

    private static Task<ServiceProcess> StartAsync(string redis) => ServiceProcess.StartAsync(
        "ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", "key"), ("ConnectionStrings__redis", redis));

    // Asks for the health of the service, as an orchestrator does: each question is a call of Redis.
    private static Task LogsAsync(ServiceProcess service, string words) => Eventually.Async(
        async () =>
        {
            using var health = await service.SendAsync(HttpMethod.Get, "/health");
            return service.Process.Output;
        },
        log => log.Split('\n').Any(line => line.Contains(OperatorLog.Category, StringComparison.Ordinal)
            && line.Contains(words, StringComparison.Ordinal)));

    private static async Task<string> HealthAsync(ServiceProcess service)
    {
        using var health = await service.SendAsync(HttpMethod.Get, "/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        return await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task ServeTlsAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(ct);
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
                await tls.ReadExactlyAsync(new byte[1], ct);
            }
            catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
            {
                // The client refused the certificate, or the test has ended.
            }
        }
    }
}
