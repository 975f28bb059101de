using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>A resource as the page gets it: without secrets, and with the commands that it takes now.</summary>
internal sealed record ResourceView(
    string Name, ResourceKind Kind, ResourceState State, string? Reason, int Restarts, int? ProcessId, int? ExitCode, DateTimeOffset? StartedAt,
    IReadOnlyList<ResourceEndpoint> Endpoints, IReadOnlyList<ResourceVariable> Environment, IReadOnlyList<ResourceCommand> Commands)
{
    public static ResourceView Of(Resource resource, SecretMask mask)
    {
        var status = resource.Status;
        return new ResourceView(
            resource.Name, resource.Kind, status.State, status.Reason is { } reason ? mask.Text(reason) : null,
            status.Restarts, status.ProcessId, status.ExitCode, status.StartedAt,
            [.. status.Endpoints.Select(endpoint => endpoint with { Url = mask.Text(endpoint.Url) })],
            [.. status.Environment.Select(variable => variable with { Value = mask.Value(variable) })],
            [.. Enum.GetValues<ResourceCommand>().Where(resource.Takes)]);
    }
}

/// <summary>A line of a log as the page gets it.</summary>
internal sealed record LineView(long Number, string Resource, DateTimeOffset Time, LogStream Stream, string Text);

/// <summary>The first event of a stream. Line numbers mean something within a <paramref name="Run"/> of the AppHost only.</summary>
/// <param name="Run">Of the AppHost that answers.</param>
/// <param name="Resumed">The lines to come continue those that the page has. Else it starts with an empty log.</param>
internal sealed record Hello(string Run, bool Resumed);

/// <summary>JSON as the page reads it.</summary>
internal static class DashboardJson
{
    /// <summary>camelCase, in names and in enumerations.</summary>
    public static void Configure(JsonSerializerOptions options) =>
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
}
