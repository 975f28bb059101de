using ChatServer.LocalHosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project, run as a process.</summary>
public sealed class ProjectResource : Resource, IResourceWithServiceDiscovery, IResourceWithEnvironment, IResourceWithWaitSupport
{
    internal ProjectResource(string name, ILocalProject project) : base(name) => Project = project;

    internal ILocalProject Project { get; }

    internal List<EndpointAnnotation> Endpoints { get; } = [];

    internal Dictionary<string, ILocalValue> Environment { get; } = [];

    /// <summary>Where a 200 means healthy; null: whoever accepts connections is.</summary>
    internal (EndpointReference Endpoint, string Path)? Health { get; set; }

    internal EndpointAnnotation Endpoint(string name) =>
        Endpoints.FirstOrDefault(endpoint => endpoint.Name == name) ?? throw new InvalidOperationException($"{Name} has no endpoint {name}.");
}
