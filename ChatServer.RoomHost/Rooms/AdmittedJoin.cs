using System.Net;
using ChatServer.Contracts;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>A join that the host admitted.</summary>
/// <param name="Identity">Who joins.</param>
/// <param name="Since">The last event that the client has, if it resumes.</param>
/// <param name="History">Number of latest events to send if it cannot resume.</param>
internal sealed record AdmittedJoin(MemberIdentity Identity, (string Epoch, long Seq)? Since, int History)
{
    /// <summary>The join of a request without a token.</summary>
    public static AdmittedJoin Of(JoinRequest request, string uid, IPAddress? address) => new(
        new MemberIdentity(request.Session, uid, request.User) { Network = ClientNetwork.Of(address) }, request.Since, request.History);

    /// <summary>The join of a request with a token; the same join if there is none.</summary>
    public AdmittedJoin With(JoinToken? token) => token is null ? this : this with { Identity = Identity.With(token) };
}
