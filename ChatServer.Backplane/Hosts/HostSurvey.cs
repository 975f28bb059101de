using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Hosts;

/// <summary>
/// Selects hosts for new and moved rooms. The loads of all hosts are read at most once a second, because the reads of a creation would grow
/// with the number of hosts; the state of the selected host is read each time. May be called from any thread.
/// </summary>
public sealed class HostSurvey(HostDirectory hosts, TimeProvider time)
{
    /// <summary>
    /// How long the loads are used. In this time this process counts its own selections, does not know those of other processes, and does
    /// not select a host that has started since.
    /// </summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    private volatile Survey? _last;

    /// <summary>
    /// Returns the host with the least load for one more room of a <see cref="DataVersion"/>, none of <paramref name="except"/>; null if
    /// no other host can take it.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public Task<HostRecord?> SelectAsync(IReadOnlySet<string> except, int version, CancellationToken ct = default) =>
        FindAsync(selector => selector.SelectLeastLoaded(except, version), ct);

    /// <summary>Whether <see cref="SelectAsync"/> would return a host. No selection is counted.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> CanTakeAsync(IReadOnlySet<string> except, int version, CancellationToken ct = default) =>
        await FindAsync(selector => selector.FindLeastLoaded(except, version), ct) is not null;

    /// <summary>Reads the loads of all hosts now.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    internal async Task<HostSelector> ReadAsync(CancellationToken ct)
    {
        var readAt = time.GetTimestamp();
        var selector = new HostSelector(await hosts.ListLoadsAsync(ct));
        _last = new Survey(selector, readAt);
        return selector;
    }

    private async Task<HostRecord?> FindAsync(Func<HostSelector, HostRecord?> find, CancellationToken ct)
    {
        if (_last is { } survey && time.GetElapsedTime(survey.ReadAt) < Lifetime
            && find(survey.Selector) is { } host && await hosts.AcceptsRoomsAsync(host.Id, ct))
            return host;
        return find(await ReadAsync(ct));
    }

    private sealed record Survey(HostSelector Selector, long ReadAt);
}
