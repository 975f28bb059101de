namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something whose text is known when the topology is started.</summary>
public interface IValueProvider
{
    /// <summary>The text.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>What the runner asks of every provider that is declared here.</summary>
internal interface ILocalValue : IValueProvider
{
    /// <summary>The text: ports are chosen before anything asks.</summary>
    string Value { get; }

    /// <summary>Whether the text must not be shown to whoever only looks.</summary>
    bool IsSecret { get; }

    /// <summary>The resources that the text speaks of.</summary>
    IEnumerable<IResource> References { get; }

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => new(Value);
}
