// A bot that rolls a die when a member writes !roll. Arguments: load balancers (comma-separated) and room.
using ChatServer.Client;

if (args is not [var addresses, var name])
{
    Console.Error.WriteLine("Arguments: load balancers (comma-separated) and room");
    return 2;
}

await using var room = await ChatRoom.JoinAsync(new ChatRoomOptions
{
    Addresses = [.. addresses.Split(',').Select(address => new Uri(address))],
    Room = name,
    User = "dice",
    History = 0, // The bot answers new messages only.
});
Console.WriteLine($"Joined {room.Name} as {room.User}");

// Ctrl+C leaves the room, which ends the events below.
Console.CancelKeyPress += (_, e) => { e.Cancel = true; _ = room.DisposeAsync().AsTask(); };

// The client reconnects and resumes by itself: the bot misses no message while the room keeps its history.
await foreach (var e in room.Events)
{
    switch (e)
    {
        case Message { Text: "!roll" } message:
            await room.SayAsync($"{message.User} rolls {Random.Shared.Next(1, 7)}.");
            break;
        case Closed closed:
            Console.WriteLine($"Closed: {closed.Code} {closed.Reason}");
            break;
    }
}
return 0;
