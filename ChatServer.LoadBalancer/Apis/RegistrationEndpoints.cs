using System.Globalization;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>Heartbeats of Apis, and the list of registered Apis for operators.</summary>
internal static class RegistrationEndpoints
{
    private const int MaxVersionLength = 64;

    public static void MapRegistration(this WebApplication app, ApiKeys keys)
    {
        var withKey = app.MapGroup("").RequireApiKey(keys);
        withKey.MapPut("/register/{host}/{cpus}/{rooms}/{version}", RegisterAsync);
        withKey.MapGet("/servers", List);
    }

    private static async Task<Results<Ok<Data<RegisteredApi>>, ProblemHttpResult>> RegisterAsync(
        string host, string cpus, string rooms, string version, ApiRegistry apis, VerifyApi verify, CancellationToken ct)
    {
        if (ApiAddress.Parse(host) is not { } address)
            return Invalid("host must be name, name:port or [ipv6]:port");
        if (!TryCount(cpus, out var cpuCount) || cpuCount == 0)
            return Invalid("cpus must be a number from 1");
        if (!TryCount(rooms, out var roomCount))
            return Invalid("rooms must be a number from 0");
        if (!IsVersion(version))
            return Invalid($"version must be 1 to {MaxVersionLength} of A-Z a-z 0-9 . + - _");
        // A registered Api was verified: its heartbeats cost no call.
        var verification = apis.Contains(address) ? ApiVerification.Verified : await verify(address, ct);
        if (verification == ApiVerification.NotAllowed)
        {
            return Problems.Of(
                StatusCodes.Status403Forbidden, ErrorCodes.ApiNotAllowed,
                $"{address} is not located in API_NETWORKS of this load balancer.");
        }
        if (verification == ApiVerification.NotVerified)
            return Problems.Of(StatusCodes.Status502BadGateway, ErrorCodes.ApiNotVerified, $"No Api answers at http://{address}/api/v1/.");
        return DataResults.Ok(apis.RecordHeartbeat(address, cpuCount, roomCount, version));
    }

    private static Ok<Data<IReadOnlyList<RegisteredApi>>> List(ApiRegistry apis) =>
        DataResults.Ok(apis.List());

    private static ProblemHttpResult Invalid(string reason) =>
        Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidRegistration,
            $"/register/{{host}}/{{cpus}}/{{rooms}}/{{version}}: {reason}.");

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static bool IsVersion(string text) =>
        text.Length <= MaxVersionLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '-' or '_');
}
