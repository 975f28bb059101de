using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>Whether <c>PUBLIC_URL</c> leads to this deployment, and is what clients are told.</summary>
internal sealed class PublicUrlCheck : ICheck
{
    private static readonly Uri About = new("api/v1/", UriKind.Relative);

    public string Name => "public-url";

    public string? Missing(DoctorTarget target) => target.PublicUrl is null ? "--public-url" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        var url = target.PublicUrl!;
        var answer = await Probe.GetAsync(new Uri(url, About), null, ct);
        if (answer?.Body.Contains("\"chatserver\"", StringComparison.Ordinal) != true)
        {
            return
            [
                new Finding(
                    "public-url", Severity.Error,
                    $"{url} {(answer is { } other ? $"answers {(int)other.Status}, and not as ChatServer" : "does not answer")}.",
                    "The addresses of rooms, and the pages, lead clients there.", "Correct PUBLIC_URL, or the proxy in front of the load balancers"),
            ];
        }
        if (target.Key is null)
            return [];
        var rooms = await Probe.GetAsync(new Uri(url, "api/v1/rooms?limit=1"), target.Key, ct);
        if (rooms is not { Status: System.Net.HttpStatusCode.OK })
        {
            return
            [
                new Finding(
                    "public-url", Severity.Error, $"{url} does not accept the key of the Api: it leads to another deployment.",
                    "Clients join rooms of the other deployment.", "Correct PUBLIC_URL"),
            ];
        }
        var page = System.Text.Json.JsonSerializer.Deserialize<Data<RoomPage>>(rooms.Value.Body, ContractJson.Options)!.Value;
        var expected = RoomUrls.Through(url, "");
        return page.Rooms is [{ } room] && !room.Url.StartsWith(expected, StringComparison.Ordinal)
            ?
            [
                new Finding(
                    "public-url", Severity.Error, $"The Api tells clients {room.Url}, which does not begin with {expected}.",
                    "Clients outside cannot reach that address.", $"PUBLIC_URL={url} in the Apis"),
            ]
            : [];
    }
}
