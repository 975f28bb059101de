using System.Collections.Immutable;

namespace ChatServer.LocalHosting.Resources;

/// <summary>All resources of the topology, as the runner reports them and the dashboard shows them. Safe to use from several threads.</summary>
/// <param name="time">The clock of the logs.</param>
internal sealed class ResourceBoard(TimeProvider time)
{
    private readonly Lock _numbering = new();
    private ImmutableArray<Resource> _resources = [];

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<Resource> Resources => _resources;

    /// <summary>Advances with every change of any resource's status, and with every new resource.</summary>
    public Revision Changes { get; } = new();

    /// <summary>The number of the last line in any resource's log.</summary>
    public Revision Lines { get; } = new();

    /// <summary>Puts a resource on the board, waiting.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public Resource Add(string name, ResourceKind kind)
    {
        if (Find(name) is not null)
            throw new ArgumentException($"There are two resources of the name {name}.", nameof(name));
        var resource = new Resource(name, kind, new ResourceLog(_numbering, Lines, time), Changes);
        ImmutableInterlocked.Update(ref _resources, resources => resources.Add(resource));
        Changes.Advance();
        return resource;
    }

    /// <summary>The resource of that name, which is not case-sensitive; null when there is none.</summary>
    public Resource? Find(string name) => _resources.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
