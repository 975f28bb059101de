using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Sends announcements of an operator to all rooms, to some, or to one.</summary>
internal static class AnnouncementEndpoints
{
    public static void MapAnnouncements(this IEndpointRouteBuilder app)
    {
        var announcements = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Announcements");

        announcements.MapPost("/message", AnnounceAsync)
            .WithName("announce")
            .WithSummary("Send an announcement to all rooms, or to some")
            .WithDescription("A RoomHost that is disconnected from Redis delivers it once, when it is connected again.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        announcements.MapPost("/room/{name}/message", AnnounceInRoomAsync)
            .RequireRoomName()
            .WithName("announceInRoom")
            .WithSummary("Send an announcement to one room")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Accepted<Data<Announced>>, ProblemHttpResult>> AnnounceAsync(
        AnnouncementRequest request, Announcements announcements, RoomDirectory rooms)
    {
        if (request.Validate() is { } error) return Problems.InvalidBody(error);
        if (request.Rooms is null) return Accepted(await announcements.PostAsync(request.Text, null), (int)await rooms.CountAsync());
        var existing = (await rooms.NamesAsync()).Intersect(request.Rooms, StringComparer.Ordinal).ToList();
        return Accepted(await announcements.PostAsync(request.Text, existing), existing.Count);
    }

    private static async Task<Results<Accepted<Data<Announced>>, ProblemHttpResult>> AnnounceInRoomAsync(
        string name, RoomAnnouncementRequest request, Announcements announcements, RoomDirectory rooms)
    {
        if (request.Validate() is { } error) return Problems.InvalidBody(error);
        return await rooms.FindVisibleAsync(name) is null
            ? Problems.RoomNotFound(name)
            : Accepted(await announcements.PostAsync(request.Text, [name]), rooms: 1);
    }

    private static Accepted<Data<Announced>> Accepted(AnnouncementRecord announcement, int rooms) =>
        DataResults.Accepted(new Announced(announcement.Id, rooms));
}
