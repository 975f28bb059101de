using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Contracts;

namespace ChatServer.Cli.Drill;

/// <summary>
/// The rooms and their members, who send messages at a rate. A member sends a message only after its previous one was acknowledged, so that
/// the order of its messages is known.
/// </summary>
internal sealed class Crowd(DrillPlan plan, IDeployment deployment) : IAsyncDisposable
{
    // Concurrent handshakes: more would only measure the handshakes.
    private const int MaxParallelJoins = 16;

    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(60);

    // One message at a rate of 200 per second.
    private static readonly TimeSpan SendInterval = TimeSpan.FromMilliseconds(5);

    private readonly string _prefix = $"drill-{Random.Shared.Next():x8}";
    private readonly ConcurrentQueue<CrowdMember> _idle = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly ConcurrentBag<CrowdRoom> _rooms = [];
    private Task _sending = Task.CompletedTask;
    private int _said, _acknowledged;
    private bool _isDisposed;

    /// <summary>The rooms that were created.</summary>
    public IReadOnlyCollection<CrowdRoom> Rooms => _rooms;

    /// <summary>Reconnects and latencies of all members.</summary>
    public Outages Outages { get; } = new();

    /// <summary>The current state, for the progress display.</summary>
    public string State => $"{Volatile.Read(ref _said):N0} said, {Volatile.Read(ref _acknowledged):N0} acknowledged";

    /// <summary>Creates the rooms and joins all members.</summary>
    /// <exception cref="CliException">A room cannot be created, or a member cannot join within a minute.</exception>
    public async Task JoinAsync(Action<int> joined, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(JoinTimeout);
        try
        {
            var count = 0;
            await ForEachAsync(Enumerable.Range(0, plan.Rooms), async (number, ct) =>
            {
                var room = new CrowdRoom($"{_prefix}-{number}");
                await deployment.Api.CreateAsync(
                    room.Checker.Room, new RoomOptions { History = RoomOptions.MaxHistory, IdleTimeoutSeconds = 600 }, ct);
                _rooms.Add(room);
                room.Witness = await Witness.JoinAsync(room.Checker, deployment.Balancers, Outages, ct);
                for (var member = number; member < plan.Members; member += plan.Rooms)
                {
                    room.Members.Add(await CrowdMember.JoinAsync(room, deployment.Balancers, $"member-{member}", Outages, ct));
                    joined(Interlocked.Increment(ref count));
                }
            }, deadline.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var present = _rooms.Sum(r => r.Members.Count);
            throw new CliException($"Only {present} of {plan.Members} members were in their rooms after {JoinTimeout.TotalSeconds} s.");
        }
    }

    /// <summary>Begins to send messages.</summary>
    public void StartSending()
    {
        // One member of each room in turn, so that every room has messages all the time.
        foreach (var member in Enumerable.Range(0, (plan.Members / plan.Rooms) + 1).SelectMany(
            n => _rooms.Where(r => r.Members.Count > n).Select(r => r.Members[n])))
            _idle.Enqueue(member);
        _sending = Task.Run(SendMessagesAsync);
    }

    /// <summary>Waits until all messages sent so far were acknowledged and seen by all members. False: the time limit expired.</summary>
    public async Task<bool> SettleAsync(CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(plan.SettleTimeout);
        try
        {
            await Task.WhenAll(_rooms.Select(room => room.SettleAsync(deadline.Token)));
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>
    /// Waits until the members of each room, and the room itself if the deployment has an Admin, list exactly the members that are in it.
    /// Returns descriptions of the lists that are still wrong after the time limit.
    /// </summary>
    public async Task<IReadOnlyList<string>> SettlePresenceAsync(CancellationToken ct)
    {
        var wrong = await Task.WhenAll(_rooms.Select(room => room.SettlePresenceAsync(deployment.Admin, plan.SettleTimeout, ct)));
        return [.. wrong.SelectMany(lists => lists)];
    }

    /// <summary>Stops sending.</summary>
    public async Task StopSendingAsync()
    {
        await _stop.CancelAsync();
        await _sending;
    }

    /// <summary>Disconnects all members. Pending messages stay unacknowledged.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await StopSendingAsync();
        await _giveUp.CancelAsync();
        await ForEachAsync(_rooms, async (room, _) =>
        {
            foreach (var member in room.Members)
                await member.DisposeAsync();
            if (room.Witness is not null)
                await room.Witness.DisposeAsync();
        }, CancellationToken.None);
        _stop.Dispose();
        _giveUp.Dispose();
    }

    private async Task SendMessagesAsync()
    {
        using var timer = new PeriodicTimer(SendInterval);
        var start = Stopwatch.GetTimestamp();
        for (var due = 0L; ;)
        {
            // A message that cannot be sent because all members wait for acknowledgements is skipped.
            for (var now = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * plan.Rate); due < now; due++)
            {
                if (_idle.TryDequeue(out var member))
                    _ = SayAsync(member);
            }
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task SayAsync(CrowdMember member)
    {
        Interlocked.Increment(ref _said);
        if (await member.SayAsync(_giveUp.Token))
            Interlocked.Increment(ref _acknowledged);
        if (member.ClosedReason is null)
            _idle.Enqueue(member);
    }

    private static Task ForEachAsync<T>(IEnumerable<T> all, Func<T, CancellationToken, ValueTask> act, CancellationToken ct) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = MaxParallelJoins, CancellationToken = ct }, act);
}
