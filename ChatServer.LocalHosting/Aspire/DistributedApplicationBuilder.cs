using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting.Runner;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>A topology in the making.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>Environment variables and the command line.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>Adds a resource. Its name must be the only one of its kind.</summary>
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    /// <summary>The topology as it is now, ready to run.</summary>
    DistributedApplication Build();
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly List<IResource> _resources = [];

    public DistributedApplicationBuilder(string[] args) => Configuration.AddEnvironmentVariables().AddCommandLine(args);

    public ConfigurationManager Configuration { get; } = new();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (_resources.Any(other => other.Name.Equals(resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new InvalidOperationException($"There are two resources of the name {resource.Name}.");
        _resources.Add(resource);
        return new ResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build() => new(new LocalOrchestrator([.. _resources], Configuration, TimeProvider.System));

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder application, T resource) : IResourceBuilder<T> where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => application;

        public T Resource => resource;
    }
}
