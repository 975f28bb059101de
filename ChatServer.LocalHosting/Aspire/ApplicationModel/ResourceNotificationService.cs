using ChatServer.LocalHosting.Resources;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Tells how resources fare.</summary>
public sealed class ResourceNotificationService
{
    private readonly ResourceBoard _board;

    internal ResourceNotificationService(ResourceBoard board) => _board = board;

    /// <summary>Returns when the resource runs and is healthy.</summary>
    public async Task WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        var resource = _board.Find(resourceName) ?? throw new InvalidOperationException($"There is no resource {resourceName}.");
        while (true)
        {
            // Read before the state: a change in between ends the wait at once.
            var seen = _board.Changes.Value;
            if (resource.Status.State == ResourceState.Running) return;
            await _board.Changes.WaitAsync(seen, cancellationToken).ConfigureAwait(false);
        }
    }
}
