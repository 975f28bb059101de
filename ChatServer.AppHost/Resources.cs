namespace ChatServer.AppHost;

/// <summary>What the resources of the topology have in common.</summary>
internal static class Resources
{
    /// <summary>Hands on those of the variables <paramref name="names"/> that are set.</summary>
    public static IResourceBuilder<ProjectResource> With(
        this IResourceBuilder<ProjectResource> project, Settings settings, params IEnumerable<string>[] names)
    {
        foreach (var name in names.SelectMany(some => some))
        {
            if (settings[name] is not { } value) continue;
            project.WithEnvironment(name, value);
            if (name == "BIND") project.WithEndpoint("http", endpoint => endpoint.TargetHost = settings.LocalHost);
        }
        return project;
    }

    /// <summary>Starts only when all of <paramref name="others"/> are healthy.</summary>
    public static IResourceBuilder<ProjectResource> WaitForAll(
        this IResourceBuilder<ProjectResource> project, IEnumerable<IResourceBuilder<ProjectResource>> others)
    {
        foreach (var other in others) project.WaitFor(other);
        return project;
    }

    /// <summary>Where <paramref name="projects"/> listen, comma-separated.</summary>
    public static ReferenceExpression Urls(this IEnumerable<IResourceBuilder<ProjectResource>> projects)
    {
        var urls = new ReferenceExpressionBuilder();
        foreach (var project in projects)
        {
            if (!urls.IsEmpty) urls.AppendLiteral(",");
            urls.AppendFormatted(project.GetEndpoint("http"));
        }
        return urls.Build();
    }
}
