using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Says what a resource has and needs.</summary>
public static class ResourceBuilderExtensions
{
    /// <summary>Sets a variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment => builder.Set(name, ReferenceExpression.Of(value));

    /// <summary>Sets a variable; what an interpolated string is bound to.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, in ReferenceExpression.ExpressionInterpolatedStringHandler value)
        where T : IResourceWithEnvironment => builder.Set(name, value.Build());

    /// <summary>Sets a variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.Set(name, value);

    /// <summary>Sets a variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment => builder.Set(name, parameter.Resource);

    /// <summary>Sets <c>ConnectionStrings__{name}</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null)
        where TDestination : IResourceWithEnvironment =>
        builder.Set($"ConnectionStrings__{connectionName ?? source.Resource.Name}", (ILocalValue)source.Resource);

    /// <summary>Listens for HTTP.</summary>
    /// <param name="builder">The resource.</param>
    /// <param name="port">Null: any free one.</param>
    /// <param name="name">Default <c>http</c>.</param>
    /// <param name="env">The variable that tells the process its port.</param>
    /// <param name="isProxied">Whether Aspire listens in the process' stead. Nothing does here.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, string? name = null, string? env = null, bool isProxied = true)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, scheme: "http", name: name, env: env, isProxied: isProxied);

    /// <summary>Listens for something.</summary>
    /// <param name="builder">The resource.</param>
    /// <param name="port">Null: any free one.</param>
    /// <param name="scheme">Default <c>tcp</c>.</param>
    /// <param name="name">Default: the scheme.</param>
    /// <param name="env">The variable that tells the process its port.</param>
    /// <param name="isProxied">Whether Aspire listens in the process' stead. Nothing does here.</param>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, string? scheme = null, string? name = null, string? env = null, bool isProxied = true)
        where T : IResourceWithEndpoints
    {
        _ = isProxied;
        var used = scheme ?? "tcp";
        builder.Project().Endpoints.Add(new EndpointAnnotation(used, name ?? used, port, env));
        return builder;
    }

    /// <summary>Changes an endpoint that was declared before.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(this IResourceBuilder<T> builder, string endpointName, Action<EndpointAnnotation> callback)
        where T : IResourceWithEndpoints
    {
        callback(builder.Project().Endpoint(endpointName));
        return builder;
    }

    /// <summary>Speaks of an endpoint.</summary>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
        where T : IResourceWithEndpoints => new(builder.Project(), name);

    /// <summary>The resource is healthy while <c>GET</c> of <paramref name="path"/> is answered with 200.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null)
        where T : IResourceWithEndpoints
    {
        builder.Project().Health = (builder.GetEndpoint("http"), path ?? "/");
        return builder;
    }

    /// <summary>Starts only when <paramref name="dependency"/> is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport
    {
        ((Resource)(IResource)builder.Resource).WaitsFor.Add(dependency.Resource);
        return builder;
    }

    private static IResourceBuilder<T> Set<T>(this IResourceBuilder<T> builder, string name, ILocalValue value) where T : IResource
    {
        builder.Project().Environment[name] = value;
        return builder;
    }

    // Projects are all that runs here. Aspire's signatures speak of interfaces, since there it is containers and others too.
    private static ProjectResource Project<T>(this IResourceBuilder<T> builder) where T : IResource => (ProjectResource)(IResource)builder.Resource;
}
