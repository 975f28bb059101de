using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>The defect at a fault. Without a defect, the deployment only loses its connections.</summary>
public enum Defect
{
    None,

    /// <summary>The last delivered event is not in the log.</summary>
    EchoBeforeAppend,

    /// <summary>A message that is sent again is logged again.</summary>
    NoDedupe,

    /// <summary>A resume begins one event too late.</summary>
    ResumeSkips,

    /// <summary>A resume begins one event too early.</summary>
    ResumeRepeats,

    /// <summary>Joins are not announced to the members that are already in the room.</summary>
    UnannouncedJoins,

    /// <summary>Half of the members stay with the old host, which accepts one more message that the new host never gets.</summary>
    NoFence,
}

/// <summary>A simulated Api and load balancer with one room, which has one defect.</summary>
internal sealed class FaultyDeployment : IDeployment
{
    private const string Epoch = "e1";

    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly Defect _defect;
    private readonly List<FaultyLogEntry> _log = [];
    private readonly List<FaultySeat> _seats = [];
    private readonly Dictionary<(string Session, string Id), FaultyLogEntry> _said = [];
    private TaskCompletionSource? _struck;
    private string? _unheard;
    private bool _isSplit;

    private FaultyDeployment(WebApplication app, Defect defect) => (_app, _defect) = (app, defect);

    public ApiClient Api { get; private set; } = null!;

    public ApiClient? Admin => null;

    public IReadOnlyList<Uri> Balancers => [new(_app.Urls.Single())];

    public static async Task<FaultyDeployment> StartAsync(Defect defect)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var deployment = new FaultyDeployment(builder.Build(), defect);
        deployment._app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        deployment._app.Run(deployment.AnswerAsync);
        await deployment._app.StartAsync();
        deployment.Api = new ApiClient(deployment.Balancers[0], "key");
        return deployment;
    }

    public IReadOnlyList<IServerProcess> Processes(ServerRole role) => [];

    /// <summary>Drops the connections at the next message and applies the defect. Completes after that.</summary>
    public Task StrikeAsync()
    {
        lock (_lock)
        {
            _struck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isSplit = _defect == Defect.NoFence;
            return _struck.Task;
        }
    }

    public ValueTask DisposeAsync()
    {
        Api.Dispose();
        return _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
            return SitAsync(context);
        if (HttpMethods.IsPost(context.Request.Method))
            return context.Response.WriteAsJsonAsync(new { data = new { port = 1, message = "Room created" } });
        lock (_lock)
        {
            var messages = _log.Select(e => JsonSerializer.Deserialize<JsonElement>(e.Json));
            return context.Response.WriteAsJsonAsync(new { data = new { epoch = Epoch, messages, next = (long?)null } });
        }
    }

    private async Task SitAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var query = context.Request.Query;
        var seat = new FaultySeat(socket, query["user"]!, query["session"]!);
        lock (_lock)
            Welcome(seat, context.Request.Path.Value!.Split('/')[^1], query["since"]);
        var sending = seat.SendAsync();
        try
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Text } read)
            {
                lock (_lock)
                    Hear(seat, JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, read.Count)));
            }
            if (socket.State == WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }
        catch (WebSocketException)
        {
            // The member has disconnected.
        }
        lock (_lock)
        {
            if (_seats.Remove(seat))
                AnnouncePresence([], [seat.User]);
        }
        seat.Frames.Writer.TryComplete();
        await sending;
    }

    private void Welcome(FaultySeat seat, string room, string? since)
    {
        seat.IsWithOldHost = _seats.Count % 2 == 1;
        if (_defect != Defect.UnannouncedJoins || since is null)
            AnnouncePresence([seat.User], [], count: _seats.Count + 1);
        _seats.Add(seat);
        seat.Send(JsonSerializer.Serialize(new
        {
            type = "welcome",
            room,
            title = room,
            user = seat.User,
            session = seat.Session,
            epoch = Epoch,
            seq = _log.Count,
            resumed = since is not null,
            count = _seats.Count,
            members = _seats.Select(s => s.User),
            limits = new { maxFrameBytes = 65536, messagesPerSecond = 0, messageBurst = 100, pingSeconds = 20, silenceSeconds = 45 },
        }));
        var last = since is null ? _log.Count : int.Parse(since[(Epoch.Length + 1)..], CultureInfo.InvariantCulture);
        seat.Missed.AddRange(_log.Where(e => e.Seq > _defect switch
        {
            Defect.ResumeSkips => last + 1,
            Defect.ResumeRepeats => last - 1,
            _ => last,
        }));
        // A client that has its echo does not send the message again, so the sender does not get the echo.
        if (seat.Session != _unheard)
            seat.SendMissed();
    }

    private void AnnouncePresence(string[] joined, string[] left, int? count = null)
    {
        foreach (var seat in _seats)
            seat.Send(JsonSerializer.Serialize(new { type = "presence", count = count ?? _seats.Count, joined, left }));
    }

    private void Hear(FaultySeat seat, JsonElement frame)
    {
        if (frame.GetProperty("type").GetString() != "message")
            return;
        var (id, text) = (frame.GetProperty("id").GetString()!, frame.GetProperty("text").GetString()!);
        seat.SendMissed();
        _unheard = seat.Session == _unheard ? null : _unheard;
        if (_isSplit && seat.IsWithOldHost)
        {
            var unknown = new FaultyLogEntry(_log.Count + 1, seat.User, id, text);
            Tell(unknown, _seats.Where(s => s.IsWithOldHost));
            _isSplit = false;
            Cut();
            return;
        }
        if (_defect != Defect.NoDedupe && _said.TryGetValue((seat.Session, id), out var first))
        {
            seat.Send(first.Json);
            return;
        }
        var entry = new FaultyLogEntry(_log.Count + 1, seat.User, id, text);
        _log.Add(entry);
        _said[(seat.Session, id)] = entry;
        if (_struck is null || _isSplit)
        {
            Tell(entry, _isSplit ? _seats.Where(s => !s.IsWithOldHost) : _seats);
            return;
        }
        _unheard = seat.Session;
        if (_defect == Defect.EchoBeforeAppend)
        {
            Tell(entry, _seats);
            _log.RemoveAt(_log.Count - 1);
        }
        Cut();
    }

    private static void Tell(FaultyLogEntry entry, IEnumerable<FaultySeat> seats)
    {
        foreach (var seat in seats)
            seat.Tell(entry);
    }

    private void Cut()
    {
        foreach (var seat in _seats)
            seat.Frames.Writer.TryWrite(null);
        _seats.Clear();
        _struck!.SetResult();
        _struck = null;
    }

    private sealed record FaultyLogEntry(int Seq, string User, string Id, string Text)
    {
        public string Json =>
            JsonSerializer.Serialize(
                new { type = "message", seq = Seq, time = "2026-01-31T23:59:59.999Z", user = User, id = Id, text = Text });
    }

    private sealed class FaultySeat(WebSocket socket, string user, string session)
    {
        private bool _isHeld = true;

        /// <summary>Frames to send; null closes the connection.</summary>
        public Channel<string?> Frames { get; } = Channel.CreateUnbounded<string?>();

        /// <summary>Events that wait for <see cref="SendMissed"/>.</summary>
        public List<FaultyLogEntry> Missed { get; } = [];

        public string User => user;

        public string Session => session;

        public bool IsWithOldHost { get; set; }

        public void Send(string frame) => Frames.Writer.TryWrite(frame);

        public void Tell(FaultyLogEntry entry)
        {
            if (_isHeld)
                Missed.Add(entry);
            else
                Send(entry.Json);
        }

        public void SendMissed()
        {
            foreach (var entry in Missed)
                Send(entry.Json);
            Missed.Clear();
            _isHeld = false;
        }

        public async Task SendAsync()
        {
            try
            {
                await foreach (var frame in Frames.Reader.ReadAllAsync())
                {
                    if (frame is null)
                    {
                        // A graceful close: the frames that were sent before must arrive.
                        await socket.CloseOutputAsync((WebSocketCloseStatus)CloseCodes.GoingAway, null, default);
                        return;
                    }
                    await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, default);
                }
            }
            catch (WebSocketException)
            {
                // The member has disconnected.
            }
        }
    }
}

/// <summary>The fault that triggers the defect of a <see cref="FaultyDeployment"/>.</summary>
internal sealed record StrikeFault() : ChatServer.Cli.Drill.Fault("strike")
{
    public override string? MissingRequirement(IDeployment deployment) => null;

    public override Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct) =>
        ((FaultyDeployment)deployment).StrikeAsync().WaitAsync(ct);
}
