using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Deploy;

/// <summary>
/// nginx with <c>deploy/nginx/chatserver.conf</c>, in which only ports, addresses and paths are replaced, in a main configuration like that
/// of Debian. It has one certificate, which is also that of an operator.
/// </summary>
public sealed class NginxProcess : IAsyncDisposable
{
    /// <summary>The names in the file that is shipped.</summary>
    public const string ChatName = "chat.example", AdminName = "admin.chat.example";

    /// <summary>Name and password of an operator.</summary>
    public const string Operator = "ann:password";

    private readonly string _program;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chatserver-nginx-");
    private readonly X509Certificate2 _certificate;
    private ServerProcess? _process;

    /// <param name="program">The path of nginx.</param>
    /// <param name="loadBalancers">The ports of the two load balancers.</param>
    /// <param name="adminPort">The port of the Admin.</param>
    /// <param name="port">The port for HTTPS.</param>
    public NginxProcess(string program, IReadOnlyList<int> loadBalancers, int adminPort, int port)
    {
        (_program, Port, PlainPort) = (program, port, FreePort.Next());
        _certificate = WriteCertificate();
        File.WriteAllText(PathOf("operators.htpasswd"), Operator.Replace(":", ":{PLAIN}", StringComparison.Ordinal));
        File.WriteAllText(PathOf("chatserver.conf"), Substitute(loadBalancers, adminPort));
        File.WriteAllText(PathOf("nginx.conf"), MainConfiguration());
    }

    /// <summary>The port for HTTPS.</summary>
    public int Port { get; }

    /// <summary>The port for HTTP.</summary>
    public int PlainPort { get; }

    /// <summary>Has nginx check its configuration. Returns the exit code and the output.</summary>
    public async Task<(int ExitCode, string Output)> CheckAsync()
    {
        await using var check = ServerProcess.Start(_program, ["-t", "-c", PathOf("nginx.conf")]);
        await check.WaitForExitAsync();
        return (check.ExitCode, check.Output);
    }

    /// <summary>Starts nginx, and waits until it accepts connections.</summary>
    public async Task StartAsync()
    {
        _process = ServerProcess.Start(_program, ["-c", PathOf("nginx.conf"), "-g", "daemon off;"]);
        await Eventually.Async(
            async () =>
            {
                if (_process.HasExited) return true;
                (await ConnectAsync(IPAddress.Loopback, TestContext.Current.CancellationToken)).Dispose();
                return true;
            },
            connected => connected);
        Assert.False(_process.HasExited, _process.Output);
    }

    /// <summary>
    /// Has nginx read its configuration again, and waits until a new worker process accepts connections and the old one does not.
    /// </summary>
    public async Task ReloadAsync()
    {
        var old = Workers();
        using (var signal = Process.Start("kill", ["-HUP", $"{_process!.Id}"])) await signal.WaitForExitAsync();
        await Eventually.Async(Workers, workers => workers.Except(old).Any() && workers.Intersect(old).All(IsShuttingDown));
    }

    /// <summary>A client of HTTPS, with the address <paramref name="from"/>, that follows no redirect.</summary>
    public HttpClient CreateClient(string from = "127.0.0.1", bool isOperator = false)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = ClientTls(isOperator),
            ConnectCallback = async (_, ct) => new NetworkStream(await ConnectAsync(IPAddress.Parse(from), ct), ownsSocket: true),
        });
        client.BaseAddress = new Uri($"https://{(isOperator ? AdminName : ChatName)}:{Port}");
        return client;
    }

    /// <summary>Joins a room over <c>wss</c> from the address <paramref name="from"/>.</summary>
    public Task<RoomClient> JoinAsync(string room, string query, string from) => RoomClient.JoinAsync(
        new Uri($"wss://{ChatName}:{Port}/rooms/{room}?{query}"), tls: ClientTls(isOperator: false),
        connect: ct => ConnectAsync(IPAddress.Parse(from), ct));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // SIGTERM ends the worker processes too.
            await _process.StopAsync();
            await _process.DisposeAsync();
        }
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<Socket> ConnectAsync(IPAddress from, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
        return socket;
    }

    private SslClientAuthenticationOptions ClientTls(bool isOperator)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(_certificate);
        return new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = trust,
            ClientCertificates = isOperator ? [_certificate] : null,
        };
    }

    private X509Certificate2 WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ChatName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ChatName);
        names.AddDnsName(AdminName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        foreach (var name in (string[])["chat.pem", "admin.pem", "operators-ca.pem"])
            File.WriteAllText(PathOf(name), certificate.ExportCertificatePem());
        foreach (var name in (string[])["chat.key", "admin.key"])
            File.WriteAllText(PathOf(name), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    private string Substitute(IReadOnlyList<int> loadBalancers, int adminPort)
    {
        var text = string.Join('\n', File.ReadLines(Path.Combine(SourceTree.Root, "deploy/nginx/chatserver.conf"))
            // The machine may have no IPv6.
            .Where(line => !line.Contains("listen [::]", StringComparison.Ordinal)));
        (string Old, string New)[] substitutions =
        [
            ("listen 80;", $"listen 127.0.0.1:{PlainPort};"), ("listen 443 ", $"listen 127.0.0.1:{Port} "),
            ("127.0.0.1:2000", $"127.0.0.1:{loadBalancers[0]}"), ("127.0.0.1:2001", $"127.0.0.1:{loadBalancers[1]}"),
            ("127.0.0.1:8090", $"127.0.0.1:{adminPort}"),
            ("/etc/chatserver/tls/", $"{_folder}/"), ("/etc/chatserver/", $"{_folder}/"), ("/var/log/nginx/", $"{_folder}/"),
            ("/var/lib/nginx/", $"{_folder}/"),
        ];
        foreach (var (old, replacement) in substitutions)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }
        return text;
    }

    // As in Debian's /etc/nginx/nginx.conf: a directive that this file repeated in the http block would be an error.
    private string MainConfiguration() =>
        $$"""
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        worker_processes 1;
        pid {{PathOf("nginx.pid")}};
        error_log {{PathOf("error.log")}};
        events { worker_connections 768; }
        http {
            sendfile on;
            tcp_nopush on;
            types_hash_max_size 2048;
            default_type application/octet-stream;
            ssl_prefer_server_ciphers on;
            access_log {{PathOf("access.log")}};
            gzip on;
            client_body_temp_path {{PathOf("body")}};
            proxy_temp_path {{PathOf("proxy")}};
            fastcgi_temp_path {{PathOf("fastcgi")}};
            scgi_temp_path {{PathOf("scgi")}};
            uwsgi_temp_path {{PathOf("uwsgi")}};
            include {{PathOf("chatserver.conf")}};
        }
        """;

    private IReadOnlyList<string> Workers() =>
        [.. File.ReadAllText($"/proc/{_process!.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    // nginx states it in the title of the process.
    private static bool IsShuttingDown(string worker) =>
        File.ReadAllText($"/proc/{worker}/cmdline").Contains("is shutting down", StringComparison.Ordinal);

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
