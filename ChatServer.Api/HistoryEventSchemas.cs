using ChatServer.Contracts;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChatServer.Api;

/// <summary>
/// Describes the events of a history. They are sent as the log has them, so there is no type from which the description could follow.
/// </summary>
internal static class HistoryEventSchemas
{
    private const string Event = "HistoryEvent", Message = "MessageEvent", Announcement = "AnnouncementEvent", Deleted = "DeletedEvent";

    /// <summary>Adds the schemas, and names them where a response contains events.</summary>
    public static void AddHistoryEvents(this WebApplicationBuilder builder) =>
        builder.Services.Configure<OpenApiOptions>("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            var schemas = document.Components!.Schemas!;
            schemas[Message] = Object(
                "A message.", Message,
                new()
                {
                    ["type"] = Constant("message"),
                    ["seq"] = Seq("Its place in the log."),
                    ["time"] = Time(),
                    ["user"] = Text("The sender's name."),
                    ["uid"] = Text("The sender."),
                    ["id"] = Text("The sender's id of the message."),
                    ["text"] = Text("The text; empty if the message was deleted."),
                    ["deleted"] = Object(
                        "States that the message was deleted.", "Deletion",
                        new()
                        {
                            ["seq"] = Seq("The event that deleted it."),
                            ["time"] = Time(),
                            ["by"] = Text("`author`, `moderator` or `backend`."),
                        }),
                    ["room"] = Text("The room, in a list of messages of several rooms."),
                },
                optional: ["deleted", "room", "uid"]);
            schemas[Announcement] = Object(
                "An announcement of the operator.", Announcement,
                new() { ["type"] = Constant("announcement"), ["seq"] = Seq("Its place in the log."), ["time"] = Time(), ["text"] = Text("The text.") });
            schemas[Deleted] = Object(
                "Messages were deleted.", Deleted,
                new()
                {
                    ["type"] = Constant("deleted"),
                    ["seq"] = Seq("Its place in the log."),
                    ["time"] = Time(),
                    ["target"] = Seq("The message; either this or `targets`."),
                    ["targets"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Seq("A message.") },
                    ["by"] = Text("`author`, `moderator` or `backend`."),
                    ["id"] = Text("The id of the member's command, if a member deleted it."),
                },
                optional: ["target", "targets", "id"]);
            schemas[Event] = new OpenApiSchema
            {
                Description = "An event of the log, by `type`. A later version may have other types, which a client ignores.",
                OneOf = [.. ((string[])[Message, Announcement, Deleted]).Select(name => new OpenApiSchemaReference(name, document))],
                Discriminator = new OpenApiDiscriminator
                {
                    PropertyName = "type",
                    Mapping = new Dictionary<string, OpenApiSchemaReference>
                    {
                        ["message"] = new(Message, document),
                        ["announcement"] = new(Announcement, document),
                        ["deleted"] = new(Deleted, document),
                    },
                },
            };
            Name(schemas, nameof(HistoryPage), Event, document);
            Name(schemas, nameof(UserMessagePage), Message, document);
            return Task.CompletedTask;
        }));

    private static void Name(IDictionary<string, IOpenApiSchema> schemas, string page, string element, OpenApiDocument document) =>
        ((OpenApiSchema)schemas[page].Properties!["messages"]).Items = new OpenApiSchemaReference(element, document);

    private static OpenApiSchema Object(
        string description, string title, Dictionary<string, IOpenApiSchema> members, params string[] optional) => new()
        {
            Title = title,
            Type = JsonSchemaType.Object,
            Description = description,
            Properties = members,
            Required = members.Keys.Except(optional).ToHashSet(),
        };

    private static OpenApiSchema Constant(string value) => new() { Type = JsonSchemaType.String, Const = value };

    private static OpenApiSchema Seq(string description) =>
        new() { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1", Description = description };

    private static OpenApiSchema Time() =>
        new() { Type = JsonSchemaType.String, Format = "date-time", Description = "When it was logged." };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
