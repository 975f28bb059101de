namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of a topology.</summary>
public interface IResource
{
    /// <summary>Names it to people and in logs.</summary>
    string Name { get; }
}

/// <summary>One that is a process with variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>One that listens.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>One that can be told to wait for others.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>One that others are connected to by a text.</summary>
public interface IResourceWithConnectionString : IResource, IValueProvider
{
    /// <summary>The text.</summary>
    ReferenceExpression ConnectionStringExpression { get; }
}

/// <summary>A resource in the making.</summary>
public interface IResourceBuilder<out T> where T : IResource
{
    /// <summary>The topology that it belongs to.</summary>
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    /// <summary>What is being made.</summary>
    T Resource { get; }
}

/// <summary>What resources have in common.</summary>
public abstract class Resource : IResource
{
    private protected Resource(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Must be healthy before this one starts.</summary>
    internal List<IResource> WaitsFor { get; } = [];
}
