using System.Net.Sockets;
using System.Text;
using ChatServer.ServiceDefaults;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.ServiceDefaults;

/// <summary>What a service tells systemd.</summary>
public sealed class SystemdTests
{
    [Fact]
    public async Task Service_notifies_systemd_when_it_is_ready_alive_and_stopping()
    {
        var path = Path.Combine(Path.GetTempPath(), $"chatserver-notify-{Guid.NewGuid():N}");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var notifications = new List<string>();
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[256];
            while (notifications is not [.., "STOPPING=1"])
            {
                var length = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
                lock (notifications) notifications.AddRange(Encoding.ASCII.GetString(buffer, 0, length).Split('\n'));
            }
        });

        // The Redis does not exist: a service that waits for Redis has started.
        await using var service = await ServiceProcess.StartAsync(
            "ChatServer.Admin", "ADMIN_PORT",
            [
                ("ADMIN_KEY", "a-key"), ("ConnectionStrings__redis", "127.0.0.1:1"), ("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "100000"),
            ]);
        await Eventually.Async(
            () =>
            {
                lock (notifications) return notifications.ToList();
            },
            received => received.Contains("READY=1") && received.Count(notification => notification == "WATCHDOG=1") > 2);
        await service.Process.StopAsync();
        await reading.WaitAsync(Eventually.Timeout);
        File.Delete(path);

        Assert.Equal(0, service.Process.ExitCode);
        Assert.Equal(1, notifications.Count(notification => notification == "READY=1"));
    }

    [Fact]
    public async Task Service_that_is_not_alive_does_not_notify_the_watchdog()
    {
        var time = new FakeTimeProvider();
        var notifier = new RecordingNotifier();
        var health = new FixedHealth { Status = HealthStatus.Healthy };
        using var lifetime = new ApplicationLifetimeStub();
        using var notifications = new SystemdNotifications(notifier, TimeSpan.FromSeconds(15), health, lifetime, time);

        await notifications.StartAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(15));
        var alive = notifier.Sent.Count;
        health.Status = HealthStatus.Unhealthy;
        time.Advance(TimeSpan.FromSeconds(45));

        Assert.Equal(2, alive);
        Assert.Equal(2, notifier.Sent.Count);
    }

    [Theory]
    [InlineData("30000000", null, 15)]
    [InlineData("30000000", "7", 15)]
    [InlineData("30000000", "8", null)]
    [InlineData(null, null, null)]
    [InlineData("0", null, null)]
    public void Watchdog_is_notified_twice_in_its_time_by_the_process_that_it_watches(string? time, string? process, int? seconds) =>
        Assert.Equal(
            seconds is null ? null : TimeSpan.FromSeconds(seconds.Value),
            Systemd.WatchdogInterval(name => name == "WATCHDOG_USEC" ? time : name == "WATCHDOG_PID" ? process : null, 7));

    private sealed class RecordingNotifier : ISystemdNotifier
    {
        public List<string> Sent { get; } = [];

        public bool IsEnabled => true;

        public void Notify(ServiceState state) => Sent.Add($"{state}");
    }

    private sealed class FixedHealth : HealthCheckService
    {
        public HealthStatus Status { get; set; }

        public override Task<HealthReport> CheckHealthAsync(
            Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default) =>
            Task.FromResult(new HealthReport(new Dictionary<string, HealthReportEntry>(), Status, TimeSpan.Zero));
    }

    private sealed class ApplicationLifetimeStub : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _never = new();

        public CancellationToken ApplicationStarted => _never.Token;
        public CancellationToken ApplicationStopping => _never.Token;
        public CancellationToken ApplicationStopped => _never.Token;

        public void StopApplication()
        {
        }

        public void Dispose() => _never.Dispose();
    }
}
