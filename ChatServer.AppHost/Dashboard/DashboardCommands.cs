using System.Net.Http.Json;
using ChatServer.Contracts;
using ChatServer.Settings;

namespace ChatServer.AppHost.Dashboard;

/// <summary>Commands of the dashboard. Each calls the Api or the Admin with its key and shows the response.</summary>
internal static class DashboardCommands
{
    /// <summary>Adds "Create room" to the Api.</summary>
    public static IResourceBuilder<ProjectResource> WithCreateRoomCommand(
        this IResourceBuilder<ProjectResource> api, IResourceBuilder<ParameterResource> key) => api.WithHttpCommand(
            "/", "Create room", commandName: "create-room", commandOptions: new()
            {
                Description = "Creates a chat room, or shows the port of an existing one.",
                IconName = "ChatAdd",
                IsHighlighted = true,
                Method = HttpMethod.Post,
                ResultMode = HttpCommandResultMode.Json,
                Arguments =
                [
                    TextInput("name", "Name", "lobby", required: true),
                    TextInput("title", "Title", "The lobby"),
                ],
                PrepareRequest = request => PrepareAsync(
                    request, key, $"room/{Escape(request, "name")}", Argument(request, "title") is { } title ? new { title } : null),
            });

    /// <summary>Adds "Send announcement" to the Admin.</summary>
    public static IResourceBuilder<ProjectResource> WithAnnounceCommand(
        this IResourceBuilder<ProjectResource> admin, IResourceBuilder<ParameterResource> key) => admin.WithHttpCommand(
            "/", "Send announcement", commandName: "announce", commandOptions: new()
            {
                Description = "Sends an announcement to one room or to all rooms.",
                IconName = "Megaphone",
                IsHighlighted = true,
                Method = HttpMethod.Post,
                ResultMode = HttpCommandResultMode.Json,
                Arguments =
                [
                    TextInput("text", "Text", "Maintenance at noon.", required: true),
                    TextInput("room", "Room", "lobby", description: "Empty: all rooms."),
                ],
                PrepareRequest = request => PrepareAsync(
                    request, key,
                    Argument(request, "room") is null ? "message" : $"room/{Escape(request, "room")}/message",
                    new { text = Argument(request, "text") }),
            });

    /// <summary>Adds "Shut down server" to the Admin.</summary>
    public static IResourceBuilder<ProjectResource> WithShutdownCommand(
        this IResourceBuilder<ProjectResource> admin, IResourceBuilder<ParameterResource> key) => admin.WithHttpCommand(
            "/", "Shut down server", commandName: "shut-down", commandOptions: new()
            {
                Description = "Closes every room and ends the RoomHosts and Apis. Histories are kept.",
                ConfirmationMessage = "Close every room and end all RoomHosts and Apis?",
                IconName = "Power",
                Method = HttpMethod.Delete,
                ResultMode = HttpCommandResultMode.Json,
                PrepareRequest = request => PrepareAsync(request, key, "shutdown"),
            });

    /// <summary>Adds "Drain" and "Resume" to a RoomHost, carried out by the Admin.</summary>
    public static IResourceBuilder<ProjectResource> WithDrainCommands(
        this IResourceBuilder<ProjectResource> roomHost, IResourceBuilder<ProjectResource> admin,
        IResourceBuilder<ParameterResource> key, string hostId)
    {
        Add("drain", "Drain", "ArrowExit", "Moves the rooms of this RoomHost to others, one after another. It gets no new rooms.");
        Add("resume", "Resume", "ArrowEnter", "Lets a drained RoomHost get rooms again.");
        return roomHost;

        void Add(string action, string title, string icon, string description) => roomHost.WithHttpCommand(
            "/", title, () => admin.GetEndpoint("http"), action, new()
            {
                Description = description,
                IconName = icon,
                Method = HttpMethod.Post,
                ResultMode = HttpCommandResultMode.Json,
                PrepareRequest = request => PrepareAsync(request, key, $"host/{Uri.EscapeDataString(hostId)}/{action}"),
            });
    }

    private static InteractionInput TextInput(
        string name, string label, string placeholder, bool required = false, string? description = null) => new()
        {
            Name = name,
            Label = label,
            Placeholder = placeholder,
            Required = required,
            Description = description,
            InputType = InputType.Text,
        };

    private static async Task PrepareAsync(
        HttpCommandRequestContext context, IResourceBuilder<ParameterResource> key, string path, object? body = null)
    {
        context.Request.RequestUri = new Uri($"{context.Endpoint.Url}/api/v1/{path}");
        // Several keys are accepted while they are rotated; the first is the current one.
        if (await key.Resource.GetValueAsync(context.CancellationToken) is { } keys)
            context.Request.Headers.Add(RequestHeaders.ApiKey, ServerSettings.ApiKeys.Parse(keys)[0]);
        if (body is not null) context.Request.Content = JsonContent.Create(body);
    }

    private static string? Argument(HttpCommandRequestContext context, string name) =>
        context.Arguments.GetString(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private static string Escape(HttpCommandRequestContext context, string name) => Uri.EscapeDataString(Argument(context, name) ?? "");
}
