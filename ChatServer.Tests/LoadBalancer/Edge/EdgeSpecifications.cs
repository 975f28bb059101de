using ChatServer.Tests.RoomHost.Handshakes;
using ChatServer.Tests.RoomHost.Rooms;

namespace ChatServer.Tests.LoadBalancer.Edge;

/// <summary>The tests of joins at a room's port hold for members of a load balancer.</summary>
public sealed class JoiningThroughLoadBalancer(RoomRedis redis) : JoinSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of messages at a room's port hold for members of a load balancer.</summary>
public sealed class MessagingThroughLoadBalancer(RoomRedis redis) : MessagingSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of resumes at a room's port hold for members of a load balancer.</summary>
public sealed class ResumingThroughLoadBalancer(RoomRedis redis) : ResumeSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of refused frames at a room's port hold for members of a load balancer.</summary>
public sealed class RefusalsThroughLoadBalancer(RoomRedis redis) : RefusalSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of presence, typing, pings and silence at a room's port hold for members of a load balancer.</summary>
public sealed class RoomTimeThroughLoadBalancer(RoomRedis redis) : RoomTimeSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of handshakes with a body at a room's port hold for load balancers.</summary>
public sealed class HandshakeBodiesThroughLoadBalancer(RoomRedis redis) : HandshakeBodySpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of members that do not read at a room's port hold for members of a load balancer.</summary>
public sealed class SlowMembersThroughLoadBalancer(RoomRedis redis) : SlowMemberSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of identities at a room's port hold for members of a load balancer.</summary>
public sealed class IdentityThroughLoadBalancer(RoomRedis redis) : IdentitySpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of changed options at a room's port hold for members of a load balancer.</summary>
public sealed class RoomChangeThroughLoadBalancer(RoomRedis redis) : RoomChangeSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of slow mode at a room's port hold for members of a load balancer.</summary>
public sealed class SlowModeThroughLoadBalancer(RoomRedis redis) : SlowModeSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}

/// <summary>The tests of deletions at a room's port hold for members of a load balancer.</summary>
public sealed class DeletionThroughLoadBalancer(RoomRedis redis) : DeletionSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}
