using System.Text.Json;
using System.Text.Json.Nodes;
using ChatServer.Contracts;

namespace ChatServer.Backplane.Rooms;

/// <summary>The options of a room as its record contains them: JSON, in which a newer process may have written members unknown here.</summary>
internal static class StoredOptions
{
    private static readonly HashSet<string> Known =
        [.. ContractJson.Options.GetTypeInfo(typeof(RoomOptions)).Properties.Select(property => property.Name)];

    /// <summary>Reads the options.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    /// <exception cref="InvalidDataException">It is <c>null</c>.</exception>
    public static RoomOptions Read(string json) =>
        JsonSerializer.Deserialize<RoomOptions>(json, ContractJson.Options) ?? throw new InvalidDataException("There are no options.");

    /// <summary>Writes options. Members of the JSON that they replace are kept if this process does not know them.</summary>
    /// <param name="options">The options.</param>
    /// <param name="replaced">The JSON that they replace; null for a new room.</param>
    public static string Write(RoomOptions options, string? replaced = null)
    {
        var json = JsonSerializer.SerializeToNode(options, ContractJson.Options)!.AsObject();
        if (replaced is not null)
        {
            foreach (var (name, value) in JsonNode.Parse(replaced)!.AsObject().Where(member => !Known.Contains(member.Key)))
                json[name] = value?.DeepClone();
        }
        return json.ToJsonString(ContractJson.Options);
    }
}
