using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting;

namespace Aspire.Hosting;

/// <summary>Adds projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project that the AppHost refers to.</summary>
    /// <param name="builder">The topology.</param>
    /// <param name="name">Names it to people and in logs.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() =>
        builder.AddResource(new ProjectResource(name, (ILocalProject)(IProjectMetadata)new TProject()));
}

/// <summary>Adds parameters.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a value that is configured.</summary>
    /// <param name="builder">The topology.</param>
    /// <param name="name">Names it to people.</param>
    /// <param name="configurationKey">The setting, or environment variable.</param>
    /// <param name="secret">Whether it is hidden from whoever only looks.</param>
    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, string name, string configurationKey, bool secret = false) =>
        builder.AddResource(new ParameterResource(
            name,
            () => builder.Configuration[configurationKey] ?? throw new InvalidOperationException($"{configurationKey} is not set."),
            secret));
}

/// <summary>Adds connection strings.</summary>
public static class ConnectionStringBuilderExtensions
{
    /// <summary>Adds a connection string. It waits for the resources that it speaks of.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression) =>
        builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
}
